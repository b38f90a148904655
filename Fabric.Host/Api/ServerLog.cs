using Microsoft.Extensions.Logging;

namespace Fabric.Host.Api;

/// <summary>What the coordinator's port logs. Event ids 3100 to 3199, each given once.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(3100, LogLevel.Warning, "{From} is refused in the TLS handshake: {Why}.")]
    public static partial void PeerRefused(ILogger log, string from, string why);

    [LoggerMessage(3101, LogLevel.Warning, "{From} as {Peer} is refused {Path}: {Why}")]
    public static partial void PathRefused(ILogger log, string from, string peer, string path, string why);

    [LoggerMessage(3102, LogLevel.Critical, "The journal holds what cannot be read. It is not skipped, nor repaired.")]
    public static partial void JournalDamaged(ILogger log, Exception cause);
}
