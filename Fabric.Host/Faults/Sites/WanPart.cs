using System.Globalization;
using Fabric.Host.Impair;

namespace Fabric.Host.Faults.Sites;

/// <summary>
/// The WAN between the sites. What is cut loses every packet and tells nobody, as a WAN does: no connection is reset. What
/// is stopped loses those from the source's site only, so that whoever waits there still hears the other side.
/// </summary>
internal sealed class WanPart(SitesLab lab, TimeProvider time) : MendedPart(time)
{
    /// <inheritdoc/>
    protected override async Task<(string What, Func<Task> Mend)> BeginAsync(FaultCase fault)
    {
        // A cut of the wire ends by itself.
        var cut = new ImpairChange { CutMs = fault.For.TotalMilliseconds };
        switch (fault.Action)
        {
            case FaultAction.Cut:
                await ChangeAsync(cut);
                return ("cut the WAN between the sites", () => Task.CompletedTask);
            case FaultAction.Stop:
                await ChangeAsync(cut with { CutWay = CutWay.There });
                return ("lost all that goes over the WAN from the source's site", () => Task.CompletedTask);
            case FaultAction.Slow:
                var before = (await lab.WanAsync(CancellationToken.None)).BytesPerSecond;
                await ChangeAsync(new ImpairChange { BytesPerSecond = fault.BytesPerSecond });
                var rate = (fault.BytesPerSecond / 1e6).ToString("0.###", CultureInfo.InvariantCulture);
                return (
                    $"slowed the WAN to {rate} MB/s",
                    () => ChangeAsync(new ImpairChange { BytesPerSecond = before }));
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Action, "not for links");
        }
    }

    private Task ChangeAsync(ImpairChange change) => lab.ChangeWanAsync(change, CancellationToken.None);
}
