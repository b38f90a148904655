using System.Diagnostics;
using System.Security.Cryptography;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Sites;

namespace Fabric.Host.Demo.Sites;

/// <summary>What became of the guest's disk.</summary>
/// <param name="Bytes">What the guest sees.</param>
/// <param name="Acknowledged">Blocks that the guest was told are on disk.</param>
/// <param name="Lost">Of them, what is not there.</param>
/// <param name="EqualAtSwitchover">
/// The source's image as it was left and the target's differ only where the guest wrote at the target; null when it
/// did not move.
/// </param>
/// <param name="NewestAtSwitchover">The newest of the guest's blocks that the source had; null when it did not move.</param>
/// <param name="BadReads">Blocks that the guest itself found wrong.</param>
/// <param name="Errors">Writes, reads and flushes that failed in the guest.</param>
public sealed record DiskReport(
    long Bytes, long Acknowledged, long Lost, bool? EqualAtSwitchover, long? NewestAtSwitchover, long BadReads, long Errors)
{
    /// <summary>Nothing was lost.</summary>
    public bool Ok => Lost == 0 && EqualAtSwitchover is not false && BadReads == 0;
}

/// <summary>Makes the guest's image, and looks at images when nobody writes them any more.</summary>
internal sealed class SitesDisk(SitesLab lab, SitesOptions options)
{
    private const int PieceBytes = 1 << 20;
    private const long BlocksPerMiB = 256;
    private const int LockedTriesMax = 50;
    private static readonly TimeSpan LockedFor = TimeSpan.FromMilliseconds(200);

    /// <summary>Places that the guest's writer goes round in.</summary>
    public static long Blocks(SitesOptions options) => options.WriterMiB * BlocksPerMiB;

    private string OfSource => Path.Combine(lab.Source.Disks, SitesGuest.Image);

    private string OfTarget => Path.Combine(lab.Target.Disks, SitesGuest.Image);

    private string Kept => Path.Combine(lab.Directory, "kept.qcow2");

    /// <summary>An image at the source with something on it beside what the guest will write.</summary>
    public async Task MakeAsync(CancellationToken cancellation)
    {
        var raw = Path.Combine(lab.Directory, "new.raw");
        Remove();
        await using (var file = File.Create(raw))
        {
            file.SetLength(options.DiskBytes);
            file.Position = (long)options.WriterMiB << 20;
            var piece = new byte[PieceBytes];
            for (long written = 0; written < options.DiskFillBytes; written += PieceBytes)
            {
                RandomNumberGenerator.Fill(piece);
                await file.WriteAsync(piece, cancellation);
            }
        }

        await ImageTool.RunAsync(["convert", "-f", "raw", "-O", "qcow2", raw, OfSource], cancellation);
        File.Delete(raw);
    }

    /// <summary>
    /// Keeps the source's image by a second name: the fabric removes the first when the guest has moved.
    /// </summary>
    public void KeepSource()
    {
        File.Delete(Kept);
        using var link = Process.Start("ln", [OfSource, Kept]);
        link.WaitForExit();
        if (link.ExitCode != 0)
            throw new LabException($"'{OfSource}' cannot be kept by a second name.");
    }

    /// <summary>Looks at the images after the guest has been stopped.</summary>
    /// <param name="acknowledged">The writer's last word.</param>
    /// <param name="moved">The guest is at the target now.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<DiskReport> CheckAsync(
        DiskAcknowledgement acknowledged, bool moved, CancellationToken cancellation)
    {
        var last = await RawAsync(moved ? OfTarget : OfSource, "last.raw", cancellation);
        var blocks = Blocks(options);
        WrittenBlocks found;
        await using (var image = File.OpenRead(last))
            found = WrittenBlocks.Read(image, blocks, acknowledged.Number);
        bool? equal = null;
        long? newest = null;
        if (moved)
        {
            var first = await RawAsync(Kept, "first.raw", cancellation);
            await using var before = File.OpenRead(first);
            await using var after = File.OpenRead(last);
            newest = WrittenBlocks.Read(before, blocks, 0).Newest;
            before.Position = 0;
            equal = DiskComparison.DiffersOnlyByLaterBlocks(before, after, blocks);
        }

        return new DiskReport(
            options.DiskBytes, acknowledged.Number, found.Lost, equal, newest, acknowledged.Bad, acknowledged.Errors);
    }

    /// <summary>Leaves nothing in a lab that stays.</summary>
    public void Remove()
    {
        foreach (var file in new[] { Kept, "new.raw", "last.raw", "first.raw" })
            File.Delete(Path.Combine(lab.Directory, file));
        // The hosts' notes beside the images too: they say whose these are, and the next demo's guest has another name.
        foreach (var disks in new[] { lab.Source.Disks, lab.Target.Disks })
        {
            foreach (var file in Directory.GetFiles(disks, $"*{SitesGuest.Image}*"))
                File.Delete(file);
        }
    }

    private async Task<string> RawAsync(string image, string name, CancellationToken cancellation)
    {
        var raw = Path.Combine(lab.Directory, name);
        for (var tries = 1; ; tries++)
        {
            try
            {
                await ImageTool.RunAsync(["convert", "-f", "qcow2", "-O", "raw", image, raw], cancellation);
                return raw;
            }
            catch (LabException e) when (tries < LockedTriesMax && e.Message.Contains("lock", StringComparison.Ordinal))
            {
                // The guest's monitors are closed, and its process is about to end.
                await Task.Delay(LockedFor, cancellation);
            }
        }
    }
}
