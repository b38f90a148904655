using Fabric.Actors.Coordination;

namespace Fabric.Host.Cli;

/// <summary>Numbers of a transfer in one line.</summary>
internal static class ProgressText
{
    private const double PageBytes = 4096;

    public static string Of(TransferSeen seen)
    {
        var p = seen.Progress;
        // Before memory is sent there is nothing else to say.
        if (p is { TotalBytes: 0, Disks: { Count: > 0 } copied })
            return Show.Text($"attempt {seen.Attempt}{DiskText.Of(copied)}");
        var left = $"{Show.Bytes(p.RemainingBytes)} of {Show.Bytes(p.TotalBytes)} left";
        var sent = $"sent {Show.Bytes(p.TransferredBytes)} ({Show.Bytes(p.WireBytes)} on the wire)";
        var rates = $"at {Show.Rate(p.BytesPerSecond)}, dirtying {Show.Rate(p.DirtyPagesPerSecond * PageBytes)}";
        var wire = p.Link is { } link ? $", link {LinkText.Of(link)}" : "";
        var standing = p.LinkDownSince is { } since ? $"link down since {Show.At(since)}" : $"done in {EtaRange.Of(p)}";
        return Show.Text($"attempt {seen.Attempt} round {p.Round}: {left}, {sent} {rates}{wire}, {standing}{DiskText.Of(p.Disks)}");
    }
}
