using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Fabric.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fabric.Host.Api;

/// <summary>
/// Reads a request's body: UTF-8 JSON, one value, bounded in size (by the server) and in time, every member known and
/// given once. Whoever misspells a limit must hear of it, not run without it.
/// </summary>
internal static partial class StrictJson
{
    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(Limits.Api.BodyWithinMs);

    /// <summary>Reads a body that must be there.</summary>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, TimeProvider time)
        where T : class
    {
        var bytes = await BytesAsync(context, time);
        if (bytes.Length == 0)
            throw Malformed("The body is empty.");
        RequireJson(context.Request);
        return Parse(bytes, type);
    }

    /// <summary>Reads a body that may be left out.</summary>
    public static async Task<T?> ReadOptionalAsync<T>(HttpContext context, JsonTypeInfo<T> type, TimeProvider time)
        where T : class
    {
        var bytes = await BytesAsync(context, time);
        if (bytes.Length == 0)
            return null;
        RequireJson(context.Request);
        return Parse(bytes, type);
    }

    private static T Parse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = Limits.Api.DepthMax });
            var value = JsonSerializer.Deserialize(ref reader, type);
            // The serializer stops at the end of the value; what follows is not ours to ignore.
            while (reader.Read())
                throw Malformed("Something follows the JSON value.");
            return value ?? throw Malformed("The body is null, and an object is needed.");
        }
        catch (JsonException e)
        {
            throw Malformed(Explain(e));
        }
    }

    private static async Task<byte[]> BytesAsync(HttpContext context, TimeProvider time)
    {
        using var late = new CancellationTokenSource(Within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        using var memory = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(memory, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new RequestException(408, "too-slow", $"The body did not come within {Within.TotalSeconds:0} s.",
                "Send the whole request at once.");
        }

        return memory.ToArray();
    }

    private static void RequireJson(HttpRequest request)
    {
        var good = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!good)
        {
            throw new RequestException(415, "unsupported-media-type",
                $"The body is '{Names.Shown(request.ContentType)}', and application/json in UTF-8 is needed.",
                "Send Content-Type: application/json.");
        }
    }

    private static RequestException Malformed(string detail) =>
        new(400, "malformed", detail, "Send one JSON object as /openapi/v1.json describes it.");

    /// <summary>The serializer's words without the names of our types; values are not in them.</summary>
    private static string Explain(JsonException e)
    {
        var text = e.Message;
        var end = text.IndexOf(" Path:", StringComparison.Ordinal);
        if (end >= 0)
            text = text[..end];
        text = TypeName().Replace(text, "what is needed here");
        var cut = text.Length > 300 ? text[..300] : text;
        var shown = string.Concat(cut.Select(c => c is >= ' ' and <= '~' ? c : '?'));
        return e.Path is { Length: > 0 } path ? $"At {Names.Shown(path)}: {shown}" : shown;
    }

    [GeneratedRegex(
        @"(the )?(\.NET )?(type )?'?(System|Fabric)\.[\w.`\[\],+]*\w'?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeName();
}
