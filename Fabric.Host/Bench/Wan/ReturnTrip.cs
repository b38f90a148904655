using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;

namespace Fabric.Host.Bench.Wan;

/// <summary>There and back, where both hosts keep what they know of the guest.</summary>
internal sealed class ReturnTrip(
    WanBenchOptions options, LabOptions lab, WanGuest guest, WanLog log, TimeProvider time)
{
    /// <summary>Goes there and back, so often as is wished.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var kept = lab with { HostSettings = "page-store.keep = on", Returns = true };
        var shares = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var (move, report) = await new FabricMove(options, kept, guest, time).RunAsync(null, cancellation);
            if (report.ReturnWireBytes is not { } back)
                throw new LabException($"The guest did not come back: {string.Join(", ", report.Afterwards)}.");
            log.Note(move, "there");
            log.Say(FormattableString.Invariant($"{"",-24} and back {back / 1e6,14:F1} MB"));
            shares.Add(WanLog.Share(back, move.WireBytes));
        }

        log.Ratios["returnTrip"] = Medians.Of(shares);
    }
}
