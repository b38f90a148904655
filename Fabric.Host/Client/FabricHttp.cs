using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Drivers.Network;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;
using Fabric.Transport.Security;

namespace Fabric.Host.Client;

/// <summary>
/// One HTTPS connection to a coordinator with an operator's certificate. What matters is told apart: never asked (not
/// reached, not trusted), refused (problem details), and unknown (asked, and no answer).
/// </summary>
internal sealed class FabricHttp : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMilliseconds(Limits.Api.ClientWithinMs);
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromMilliseconds(Limits.NodeLink.HandshakeWithinMs);

    private readonly HttpClient _http;
    private readonly Uri _server;

    // Why our own policy turned the server away: TLS itself only says "failed".
    private volatile string? _refusal;

    /// <param name="server">Where.</param>
    /// <param name="policy">Who we are, and whom we trust.</param>
    /// <param name="place">The network namespace to connect from; null is this program's own.</param>
    public FabricHttp(Uri server, PeerPolicy policy, NetworkNamespace? place = null)
    {
        if (!string.Equals(server.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
            throw new ArgumentException($"{server} is not an https: address; the API is never plain.", nameof(server));
        _server = server;
        _http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = policy.ClientOptions(expectedName: null, refused: why => _refusal = why),
            ConnectTimeout = ConnectWithin,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = place is null ? null : (context, cancellation) =>
                ConnectAsync(place, context.DnsEndPoint, cancellation),
        })
        {
            BaseAddress = server,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = Limits.Api.AnswerBytesMax,
        };
    }

    /// <summary>Sends and reads one answer.</summary>
    public async Task<T?> SendAsync<T>(
        HttpMethod method, string path, byte[]? body, JsonTypeInfo<T>? answer, CancellationToken cancellation)
        where T : class
    {
        using var response = await SendAsync(
            method, path, body, HttpCompletionOption.ResponseContentRead, cancellation);
        if (answer is null)
            return null;
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellation);
            return JsonSerializer.Deserialize(bytes, answer) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new FabricUnknownException($"{_server} answered {path} with what is no answer: {e.Message}", e);
        }
    }

    /// <summary>Sends a GET and leaves the answer open.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseHeadersRead, cancellation);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, byte[]? body, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(AnswerWithin);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, completion, late.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw Lost(method, path, $"no answer within {AnswerWithin.TotalSeconds:0} s", e);
        }
        catch (HttpRequestException e)
        {
            throw NotAsked(e) is { } why
                ? new FabricUnreachableException(_server, why, e)
                : Lost(method, path, Innermost(e).Message, e);
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await RefusedAsync(response, cancellation);
    }

    private static async ValueTask<Stream> ConnectAsync(
        NetworkNamespace place, DnsEndPoint server, CancellationToken cancellation)
    {
        // A socket stays in the namespace that it was opened in.
        var socket = place.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            await socket.ConnectAsync(server, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Exception Lost(HttpMethod method, string path, string why, Exception cause) => method == HttpMethod.Get
        ? new FabricUnreachableException(_server, why, cause)
        : new FabricUnknownException($"{_server}: {method} {path} was sent, and its answer was lost: {why}.", cause);

    /// <summary>Why the request certainly did not get through; null when it may have.</summary>
    private string? NotAsked(HttpRequestException e)
    {
        if (_refusal is { } refusal)
            return $"we do not trust the server: {refusal}";
        // With TLS 1.3 a server turns our certificate away after our side has finished its handshake.
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException || inner.Message.Contains("alert", StringComparison.OrdinalIgnoreCase))
                return $"TLS failed; is the certificate the server's CA's, and in date? ({Innermost(e).Message})";
        }

        return e.HttpRequestError
            is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError
            ? Innermost(e).Message
            : null;
    }

    private static async Task<FabricApiException> RefusedAsync(
        HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellation);
            if (JsonSerializer.Deserialize(bytes, ApiJson.Default.Problem) is { } problem)
            {
                return new FabricApiException(
                    response.StatusCode, problem.Code ?? "unknown",
                    problem.Detail ?? problem.Title ?? response.ReasonPhrase ?? "no reason given", problem.Advice);
            }
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            // Not from our server, or cut off; the status says what there is to say.
        }

        return new FabricApiException(
            response.StatusCode, "unknown", $"the server answered {(int)response.StatusCode}", null);
    }

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e;
    }
}
