using Fabric.Protocol;
using Fabric.Transport.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Api;

/// <summary>
/// Stands before every route. /link is for nodes; all else, also a route that somebody adds later, is for operators.
/// The peer stands in <see cref="HttpContext.Items"/> afterwards.
/// </summary>
public sealed class PeerGate(RequestDelegate next, PeerPolicy policy, ILogger<PeerGate> log)
{
    private static readonly PeerRole[] Nodes = [PeerRole.Node];
    private static readonly PeerRole[] Operators = [PeerRole.Operator];

    /// <summary>Lets the request pass, or answers 403 with problem details.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var isLink = context.Request.Path.Equals(NodeLinkEndpoint.Path, StringComparison.OrdinalIgnoreCase);
        // Judged again: the handshake knew no path, and a kept connection outlives a certificate.
        var verdict = policy.JudgeClient(context.Connection.ClientCertificate, isLink ? Nodes : Operators);
        var refusal = verdict.Refusal ?? CrossSite(context.Request);
        if (refusal is null && verdict.Peer is { } peer)
        {
            context.Items[typeof(PeerIdentity)] = peer;
            await next(context);
            return;
        }

        var who = context.Connection.ClientCertificate?.Subject;
        ServerLog.PathRefused(log, $"{context.Connection.RemoteIpAddress}", Names.Shown(who),
            Names.Shown(context.Request.Path.Value), refusal ?? "");
        var needed = isLink ? "a node's certificate (OU=node)" : "an operator's certificate (OU=operator)";
        await Results.Problem(
            title: "This certificate does not open this path.", detail: $"{refusal}. This path needs {needed}.",
            statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
    }

    /// <summary>Who sends this request.</summary>
    public static PeerIdentity PeerOf(HttpContext context) => (PeerIdentity)context.Items[typeof(PeerIdentity)]!;

    // A browser shows the operator's certificate for any page's request; only our own pages may act with it.
    private static string? CrossSite(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        var own = $"https://{request.Host}";
        return origin.Length == 0 || string.Equals(origin, own, StringComparison.OrdinalIgnoreCase)
            ? null
            : "the request comes from a page of another site";
    }
}
