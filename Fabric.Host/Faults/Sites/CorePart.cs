using System.Globalization;
using System.Net;

namespace Fabric.Host.Faults.Sites;

/// <summary>
/// The way of all hosts to the coordinator, by the router in the middle. What is cut loses every packet, what is stopped
/// those to the coordinator only, so that it hears of nothing and is heard.
/// </summary>
internal sealed class CorePart(string core, LabCoordinator coordinator, TimeProvider time) : MendedPart(time)
{
    private const string Link = SitesLab.CoordinatorName;

    /// <inheritdoc/>
    protected override async Task<(string What, Func<Task> Mend)> BeginAsync(FaultCase fault)
    {
        switch (fault.Action)
        {
            case FaultAction.Cut:
                await InAsync(core, "ip", "link", "set", Link, "down");
                return ("cut the coordinator off", () => InAsync(core, "ip", "link", "set", Link, "up"));
            case FaultAction.Stop:
                await InAsync(core, "ip", "route", "add", "blackhole", Address);
                return (
                    "lost all that hosts say to the coordinator",
                    () => InAsync(core, "ip", "route", "del", "blackhole", Address));
            case FaultAction.Slow:
                var rate = fault.BytesPerSecond.ToString(CultureInfo.InvariantCulture) + "bps";
                await InAsync(
                    core, "tc", "qdisc", "add", "dev", Link, "root", "tbf", "rate", rate, "burst", "4kb", "latency", "2s");
                return (
                    $"slowed what hosts say to the coordinator to {rate}",
                    () => InAsync(core, "tc", "qdisc", "del", "dev", Link, "root"));
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Action, "not for links");
        }
    }

    private string Address => $"{IPAddress.Parse(coordinator.Url.Host)}/32";
}
