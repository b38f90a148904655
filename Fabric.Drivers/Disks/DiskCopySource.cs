using System.Net.Sockets;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>The source's half of a copy: its marks, and the export that a round is read from.</summary>
internal sealed class DiskCopySource(IMachineDisks machine, DiskId disk, string image, TimeProvider time)
{
    private const string AllocationContext = "base:allocation";
    private const string DirtyContext = "qemu:dirty-bitmap:";

    private readonly string _export = $"copy-{disk}";
    private CopyMarks _marks = CopyMarks.Begin(image).Marks;

    /// <summary>Which disk.</summary>
    public DiskId Disk => disk;

    /// <summary>Where the copy stands.</summary>
    public DiskCopyPoint Point => _marks.Point;

    /// <summary>Where it went on; null when it began anew.</summary>
    public DiskCopyPoint? ResumedAt { get; private set; }

    /// <summary>Finds the copy that was begun, or begins one; what an agent before this one left is taken away.</summary>
    public async Task AttachAsync(CancellationToken cancellation)
    {
        await machine.EndMirrorAsync(disk, inOrder: false, cancellation);
        await LeaveAsync(cancellation);
        var bitmaps = await machine.BitmapsAsync(disk, cancellation);
        if (CopyMarks.Find(bitmaps, image) is { } found)
        {
            _marks = found;
            ResumedAt = found.Point;
            await RemoveAsync(machine, disk, bitmaps.Where(b => !found.Owns(b.Name)), cancellation);
            return;
        }

        await RemoveAsync(machine, disk, bitmaps, cancellation);
        var (marks, changes) = CopyMarks.Begin(image);
        await machine.ChangeBitmapsAsync(disk, changes, cancellation);
        _marks = marks;
    }

    /// <summary>Removes all exports, bitmaps and limits.</summary>
    public static async Task ForgetAsync(IMachineDisks machine, DiskId disk, CancellationToken cancellation)
    {
        await machine.EndMirrorAsync(disk, inOrder: false, cancellation);
        await LeaveAsync(machine, disk, cancellation);
        await RemoveAsync(machine, disk, await machine.BitmapsAsync(disk, cancellation), cancellation);
    }

    /// <summary>Opens the disk for a round.</summary>
    public async Task<NbdClient> OpenAsync(CancellationToken cancellation)
    {
        await machine.OfferAsync(disk, _export, _marks.Round, cancellation);
        string[] contexts = _marks.Round is { } round
            ? [AllocationContext, DirtyContext + round]
            : [AllocationContext];
        try
        {
            var stream = await DiskCopy.Over(machine.SocketPath)(cancellation);
            return await NbdClient.OpenAsync(stream, _export, contexts, time, cancellation);
        }
        catch (Exception e) when (e is SocketException or NbdException)
        {
            throw new SourceFailure(e as NbdException ?? new NbdException(NbdFault.Lost, e.Message, e));
        }
    }

    /// <summary>Takes the round's export away; its bitmap cannot be changed before.</summary>
    public Task CloseAsync(CancellationToken cancellation) => machine.WithdrawAsync(_export, cancellation);

    /// <summary>All before the position is safe.</summary>
    public Task AdvanceAsync(long position, CancellationToken cancellation) =>
        ApplyAsync(_marks.Advance(position), cancellation);

    /// <summary>The round is over; the next begins.</summary>
    public Task TurnAsync(CancellationToken cancellation) => ApplyAsync(_marks.Turn(), cancellation);

    /// <summary>What was written since the round began.</summary>
    public async Task<long> DirtyBytesAsync(CancellationToken cancellation) =>
        (await machine.BitmapsAsync(disk, cancellation))
            .FirstOrDefault(b => string.Equals(b.Name, _marks.Written, StringComparison.Ordinal))?.DirtyBytes
        ?? throw new HypervisorException(
            HypervisorFault.Refused, $"The bitmap '{_marks.Written}' is gone: somebody else removed it.");

    /// <summary>Slows the guest's writes.</summary>
    public Task ThrottleAsync(long bytesPerSecond, CancellationToken cancellation) =>
        machine.ThrottleWritesAsync(disk, bytesPerSecond, cancellation);

    /// <summary>From here on the guest's writes go to the target too; null when its machine does not do that.</summary>
    public Task<DiskMirror?> MirrorAsync(
        string socket, NbdClient target, RangeGate gate, CopyCounters counters, Action<string> note,
        CancellationToken cancellation) =>
        DiskMirror.StartAsync(machine, disk, socket, target, gate, counters, time, note, cancellation);

    /// <summary>The guest is paused, and all that it wrote is safe.</summary>
    public Task SettleAsync(CancellationToken cancellation) => ApplyAsync((_marks, _marks.Settle()), cancellation);

    /// <summary>Takes exports and limits away; the marks stay.</summary>
    public Task LeaveAsync(CancellationToken cancellation) => LeaveAsync(machine, disk, cancellation);

    private static async Task LeaveAsync(IMachineDisks machine, DiskId disk, CancellationToken cancellation)
    {
        foreach (var export in await machine.OffersAsync(disk, cancellation))
            await machine.WithdrawAsync(export, cancellation);
        await machine.ThrottleWritesAsync(disk, 0, cancellation);
    }

    private static async Task RemoveAsync(
        IMachineDisks machine, DiskId disk, IEnumerable<DiskBitmap> bitmaps, CancellationToken cancellation)
    {
        var changes = bitmaps.Where(b => CopyMarks.IsOurs(b.Name))
            .Select(b => (BitmapChange)new BitmapChange.Remove(b.Name)).ToArray();
        if (changes.Length > 0)
            await machine.ChangeBitmapsAsync(disk, changes, cancellation);
    }

    private async Task ApplyAsync((CopyMarks Marks, IReadOnlyList<BitmapChange> Changes) step, CancellationToken cancellation)
    {
        if (step.Changes.Count == 0)
            return;
        await machine.ChangeBitmapsAsync(disk, step.Changes, cancellation);
        _marks = step.Marks;
    }
}
