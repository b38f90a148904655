using Microsoft.Extensions.Logging;

namespace Fabric.Host.Nodes;

/// <summary>
/// All that a node's assembly logs. Event ids 5000 to 5099; a number is never given to another event.
/// </summary>
internal static partial class NodeLog
{
    [LoggerMessage(5000, LogLevel.Information, "Node {Name} runs as {Roles}.")]
    public static partial void Started(ILogger log, string name, string roles);

    [LoggerMessage(5001, LogLevel.Information, "Node {Name} stops.")]
    public static partial void Stopping(ILogger log, string name);

    [LoggerMessage(5002, LogLevel.Warning, "A connection to the data port did not become a link. {Refused}")]
    public static partial void DataRefused(ILogger log, string refused);

    [LoggerMessage(5003, LogLevel.Information, "Hypervisor: {Note}")]
    public static partial void HypervisorNote(ILogger log, string note);

    [LoggerMessage(
        5004, LogLevel.Warning, "A fault plan is on: every migration is held at {Stage} for up to {Timeout}.")]
    public static partial void HoldIsOn(ILogger log, string stage, TimeSpan timeout);

    [LoggerMessage(5020, LogLevel.Warning, "No page work on this host: {Missing}.")]
    public static partial void PageWorkMissing(ILogger log, string missing);
}
