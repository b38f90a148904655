using System.Net;
using System.Net.WebSockets;
using Fabric.Transport.Security;

namespace Fabric.Actors.Cluster;

/// <summary>
/// Connects with mutual TLS as <see cref="PeerPolicy"/> says. No proxy, no cookies, no redirect: the coordinator is
/// dialled directly or not at all.
/// </summary>
public sealed class TlsLinkConnector : ILinkConnector, IDisposable
{
    private readonly Uri _address;
    private readonly HttpMessageInvoker _invoker;

    // Why our own policy turned the server away in the try that runs: TLS itself only says "failed".
    private volatile string? _refusal;

    /// <summary>Connects to a <c>wss:</c> address. Without a name, the server must bear the address's.</summary>
    public TlsLinkConnector(Uri address, PeerPolicy policy, string? expectedName = null)
    {
        if (!string.Equals(address.Scheme, Uri.UriSchemeWss, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"{address} is not a wss: address; the node link is never plain.", nameof(address));
        }

        _address = address;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            SslOptions = policy.ClientOptions(expectedName, refused: why => _refusal = why),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = Protocol.Limits.NodeLink.HeadersBytesMax / 1024,
        });
    }

    /// <inheritdoc/>
    public string Target => _address.ToString();

    /// <inheritdoc/>
    public async Task<WebSocket> ConnectAsync(CancellationToken cancel)
    {
        _refusal = null;
        var socket = new ClientWebSocket();
        // The link has its own pings, which a manual clock can drive.
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(_address, _invoker, cancel);
            return socket;
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            throw new LinkConnectException(Why(e, status), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private string Why(Exception e, HttpStatusCode status)
    {
        if (_refusal is { } refusal)
            return $"we refuse the server: {refusal}";
        if (status is not default(HttpStatusCode))
            return $"the server answered {(int)status} {status}";
        var inner = e;
        while (inner.InnerException is { } deeper)
            inner = deeper;
        return inner.Message;
    }
}
