using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Cluster;

/// <summary>All that the node link logs. Event ids 3000 to 3099; a number is never given to another event.</summary>
internal static partial class NodeLinkLog
{
    [LoggerMessage(3000, LogLevel.Information, "{Peer} is connected: version {Version}, instance {Instance}.")]
    public static partial void Connected(ILogger log, string peer, int version, string instance);

    [LoggerMessage(3001, LogLevel.Information, "{Peer} is disconnected. {End}")]
    public static partial void Disconnected(ILogger log, string peer, LinkEnd end);

    [LoggerMessage(3002, LogLevel.Warning, "{Peer} did not get as far as a session. {End}")]
    public static partial void Refused(ILogger log, string peer, LinkEnd end);

    [LoggerMessage(3003, LogLevel.Warning,
        "{Host} connected as instance {Newer}; instance {Older} is closed. If both run, they share a certificate.")]
    public static partial void Replaced(ILogger log, string host, string older, string newer);

    [LoggerMessage(3004, LogLevel.Warning, "{Peer} takes messages more slowly than they come: {Queue} wait.")]
    public static partial void SlowBegan(ILogger log, string peer, string queue);

    [LoggerMessage(3005, LogLevel.Information, "{Peer} is no longer slow: {Queue} wait.")]
    public static partial void SlowEnded(ILogger log, string peer, string queue);

    [LoggerMessage(3006, LogLevel.Warning, "A message of {Peer} is still being handled; none is read meanwhile.")]
    public static partial void HandlerSlowBegan(ILogger log, string peer);

    [LoggerMessage(3007, LogLevel.Information, "Messages of {Peer} are handled again.")]
    public static partial void HandlerSlowEnded(ILogger log, string peer);

    [LoggerMessage(3008, LogLevel.Error, "The handler of {Peer} failed.")]
    public static partial void HandlerFailed(ILogger log, string peer, Exception cause);

    [LoggerMessage(3009, LogLevel.Information,
        "Connecting to {Peer} again in {DelayMs} ms (try {Tries} since it was stable).")]
    public static partial void Retrying(ILogger log, string peer, long delayMs, int tries);
}
