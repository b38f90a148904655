using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>The disk of a case's guest: made before it boots, and looked at when it is over.</summary>
internal sealed class CaseDisk(LabDisk disk, ICaseLab lab, TimeProvider time)
{
    private static readonly TimeSpan SaidWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes the image where the guest will boot.</summary>
    public Task MakeAsync(CancellationToken cancellation) => disk.MakeAsync(lab.Source, cancellation);

    /// <summary>Files among the disks of hosts that do not own the guest.</summary>
    public IEnumerable<string> LeftoversBut(string owner) =>
        from host in lab.HostNames
        where !string.Equals(host, owner, StringComparison.Ordinal)
        from file in disk.FilesAt(host)
        select $"the file {Path.GetFileName(file)} among the disks of {host}";

    /// <summary>Takes it away, in a lab that stays.</summary>
    public void Remove() => disk.Remove();

    /// <summary>
    /// Hears the guest once more, ends it, and compares its image with what it was told. A guest that was started anew,
    /// or taken up from an older copy, is asked only for what it knows itself.
    /// </summary>
    public async Task<DiskEvidence> CheckAsync(
        MachineWatch watch, FabricOperator fabric, VmId vm, string owner, bool wentBack,
        CancellationToken cancellation)
    {
        var copy = watch.Tracks.LastOrDefault(
            t => string.Equals(t.Host, owner, StringComparison.Ordinal) && t.RunsNow);
        if (copy is null)
            return new DiskEvidence(null, 0, null, $"no guest runs on {owner} that could say what was on its disk");
        if (!await UntilAsync(() => copy.Console.LastAcknowledged is not null, cancellation))
            return new DiskEvidence(null, 0, null, $"the guest of {copy.Name} wrote nothing to its disk");
        var before = wentBack
            ? 0
            : watch.Tracks.Select(t => t.Console.LastAcknowledged).OfType<DiskAcknowledgement>().Max(a => a.Number);
        try
        {
            await fabric.StopVmAsync(vm, cancellation);
        }
        catch (LabException e)
        {
            // A migration that hangs has it: what that breaks is still to be judged.
            return new DiskEvidence(
                copy.Console.LastAcknowledged, before, null, $"the guest could not be ended: {e.Message}");
        }

        if (!await UntilAsync(() => watch.Tracks.All(t => !t.IsAlive), cancellation))
            return new DiskEvidence(copy.Console.LastAcknowledged, before, null, "the guest's process did not end");
        copy.Console.Read(time.GetUtcNow());
        var told = copy.Console.LastAcknowledged!;
        return new DiskEvidence(told, before, await disk.ReadAsync(owner, told.Number, cancellation));
    }

    private async Task<bool> UntilAsync(Func<bool> isSo, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!isSo())
        {
            if (time.GetElapsedTime(began) > SaidWithin)
                return false;
            await Task.Delay(LookEvery, time, cancellation);
        }

        return true;
    }
}
