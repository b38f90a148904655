using Fabric.Protocol;
using Fabric.Transport.Link;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Agent;

/// <summary>All that an agent logs. Event ids 4000 to 4099; a number is never given to another event.</summary>
public static partial class AgentLog
{
    /// <summary>What a data link tells of its connections.</summary>
    public static void LinkNews(ILogger log, LinkNews news)
    {
        switch (news.Kind)
        {
            case LinkNewsKind.Lost:
                LinkLost(log, news.Link, news.Slot, news.Open, news.Detail);
                break;
            case LinkNewsKind.Made:
                LinkMade(log, news.Link, news.Slot, news.Open);
                break;
            case LinkNewsKind.DialFailed:
                LinkDialFailed(log, news.Link, news.Slot, news.Detail);
                break;
            case LinkNewsKind.CongestionFellBack:
                CongestionFellBack(log, news.Link, news.Detail);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(news), news.Kind, "not news of a link");
        }
    }

    [LoggerMessage(
        4006, LogLevel.Warning, "{Link}: connection {Slot} was lost, {Open} are left; it is made again. {Why}")]
    private static partial void LinkLost(ILogger log, string link, int slot, int open, string why);

    [LoggerMessage(4007, LogLevel.Information, "{Link}: connection {Slot} is up, {Open} in all.")]
    private static partial void LinkMade(ILogger log, string link, int slot, int open);

    [LoggerMessage(4008, LogLevel.Information, "{Link}: connection {Slot} could not be made yet. {Why}")]
    private static partial void LinkDialFailed(ILogger log, string link, int slot, string why);

    [LoggerMessage(4009, LogLevel.Warning, "{Link}: {What}")]
    private static partial void CongestionFellBack(ILogger log, string link, string what);

    [LoggerMessage(4000, LogLevel.Error, "{Vm}: {Effect} failed; the machine is looked at and it is decided again.")]
    public static partial void EffectFailed(ILogger log, string vm, string effect, Exception cause);

    [LoggerMessage(4001, LogLevel.Error, "{Vm}: {Effect} was dropped: too many wait. Its order will be repeated.")]
    public static partial void EffectDropped(ILogger log, string vm, string effect);

    [LoggerMessage(
        4002, LogLevel.Warning, "{Vm}: the hypervisor did not take the cancel; its migration socket is closed.")]
    public static partial void CancelForced(ILogger log, string vm, Exception cause);

    [LoggerMessage(4003, LogLevel.Information, "{Directory}: could not be looked at after an event.")]
    public static partial void LookFailed(ILogger log, string directory, Exception cause);

    [LoggerMessage(4004, LogLevel.Warning, "A connection to the data port did not become a link: {Why}")]
    public static partial void LinkRefused(ILogger log, string why);

    [LoggerMessage(4005, LogLevel.Warning, "{Attempt}: no data link yet; trying again. {Why}")]
    public static partial void ConnectFailed(ILogger log, string attempt, string why);

    [LoggerMessage(
        4020, LogLevel.Information,
        "{Vm}: page store {Why}; {Held} pages were held when the transfer began, {Damaged} were damaged.")]
    public static partial void PageStore(ILogger log, string vm, string why, int held, int damaged);

    [LoggerMessage(
        4024, LogLevel.Warning,
        "{Attempt}: the process that the guest was coming into died; what stands in the way of another: {Why}.")]
    public static partial void TargetDied(ILogger log, string attempt, string why);

    [LoggerMessage(
        4025, LogLevel.Information,
        "{Attempt}: another process has everything that the one that died had been given, after {Ms} ms; it goes on.")]
    public static partial void Refilled(ILogger log, string attempt, long ms);

    [LoggerMessage(
        4026, LogLevel.Warning,
        "{Attempt}: no other process took the place of the one that died; the attempt ends. {Why}")]
    public static partial void NotRefilled(ILogger log, string attempt, string why);

    [LoggerMessage(
        4023, LogLevel.Information,
        "{Attempt}: sent {Wire} bytes over the link in all; page work made {Out} of {In}: {Pages}.")]
    public static partial void Sent(ILogger log, string attempt, long wire, long @in, long @out, string pages);

    [LoggerMessage(4027, LogLevel.Information, "{Attempt}: disk {Disk}: {What}")]
    public static partial void DiskNote(ILogger log, string attempt, string disk, string what);

    [LoggerMessage(4028, LogLevel.Warning, "What is left of disk {Disk} of {Vm} was not removed. {Why}")]
    public static partial void DiskNotRemoved(ILogger log, string vm, string disk, string why);

    [LoggerMessage(4029, LogLevel.Information, "{Attempt}: the disks are nearly equal after {Ms} ms: {Copied} bytes copied, {Wire} on the wire.")]
    public static partial void DisksSynced(ILogger log, string attempt, long ms, long copied, long wire);

    [LoggerMessage(4030, LogLevel.Information, "{Attempt}: the last round of the disks took {Ms} ms of the pause, {Wire} bytes on the wire.")]
    public static partial void DisksFinished(ILogger log, string attempt, long ms, long wire);

    [LoggerMessage(4021, LogLevel.Information, "{Attempt}: {Kind} {Value}: {Why}")]
    public static partial void Decided(ILogger log, string attempt, DecisionKind kind, long value, string why);

    [LoggerMessage(4022, LogLevel.Warning, "{Attempt}: the hypervisor did not take new limits; they are set again.")]
    public static partial void LimitsNotSet(ILogger log, string attempt, Exception cause);

    [LoggerMessage(
        4040, LogLevel.Error, "{Vm}: ALARM: its network did not {What}; it is tried again, and the VM is not touched. {Why}")]
    public static partial void NetworkAlarm(ILogger log, string vm, string what, string why);

    [LoggerMessage(
        4041, LogLevel.Information,
        "{Vm}: by the tunnel of {Migration} came {Packets} packets, {Bytes} bytes, by way of {By}; it stays: {Stays}.")]
    public static partial void NetworkDetour(
        ILogger log, string vm, string migration, long packets, long bytes, string by, bool stays);
}
