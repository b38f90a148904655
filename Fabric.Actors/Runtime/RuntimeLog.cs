using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Runtime;

/// <summary>All log text of the runtime. Event ids are never used again for something else.</summary>
internal static partial class RuntimeLog
{
    [LoggerMessage(1001, LogLevel.Warning, "Mailbox of {Path} is full: messages go to the dead letters")]
    public static partial void OverflowStarted(this ILogger log, string path);

    [LoggerMessage(1002, LogLevel.Information, "Mailbox of {Path} has room again; {Refused} messages were refused")]
    public static partial void OverflowEnded(this ILogger log, string path, long refused);

    [LoggerMessage(1003, LogLevel.Warning, "{Path} failed; restart {Attempt} in {Delay}")]
    public static partial void Restarting(
        this ILogger log, string path, int attempt, TimeSpan delay, Exception exception);

    [LoggerMessage(1004, LogLevel.Error, "{Path} failed and has stopped")]
    public static partial void Failed(this ILogger log, string path, Exception exception);

    [LoggerMessage(1005, LogLevel.Warning, "{Path} failed on one message and goes on with the next")]
    public static partial void Resumed(this ILogger log, string path, Exception exception);

    [LoggerMessage(1006, LogLevel.Warning, "{Hook} of {Path} failed; ignored, as the actor ends anyway")]
    public static partial void HookFailed(this ILogger log, string path, string hook, Exception exception);

    [LoggerMessage(1007, LogLevel.Critical, "Fault of the runtime itself in {Path}: please report it")]
    public static partial void RuntimeFault(this ILogger log, string path, Exception exception);

    [LoggerMessage(1008, LogLevel.Warning, "{Path} stops and will read the journal again at its next message")]
    public static partial void RetiredWith(this ILogger log, string path, Exception exception);

    [LoggerMessage(1013, LogLevel.Warning, "{Path} lost touch with its journal and reads it again in {Delay}")]
    public static partial void RereadsAfter(this ILogger log, string path, TimeSpan delay, Exception exception);

    [LoggerMessage(1014, LogLevel.Warning, "{Path} could not see whether another writer is at stream {Stream}")]
    public static partial void LookFailed(
        this ILogger log, string path, Journal.StreamId stream, Exception exception);

    [LoggerMessage(1009, LogLevel.Information, "Shutdown of {System}: {Reason}")]
    public static partial void ShutdownStarted(this ILogger log, string system, string reason);

    [LoggerMessage(1010, LogLevel.Warning, "Shutdown phase {Phase} went on without: {Open}")]
    public static partial void ShutdownPhaseFailed(
        this ILogger log, ShutdownPhase phase, string open, Exception exception);

    [LoggerMessage(1011, LogLevel.Error, "{Path} cannot be recovered from stream {Stream}")]
    public static partial void RecoveryFailed(
        this ILogger log, string path, Journal.StreamId stream, Exception exception);

    [LoggerMessage(1012, LogLevel.Error, "{Path} cannot be started again: its registration failed")]
    public static partial void StartFailed(this ILogger log, string path, Exception exception);
}
