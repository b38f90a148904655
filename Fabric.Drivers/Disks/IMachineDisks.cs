using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>
/// The disks of a running machine: what a copy needs of both its ends. The machine's NBD server listens on
/// <see cref="SocketPath"/>, in its private directory; no port of the host is opened. All calls are safe to make at the
/// same time, and idempotent.
/// </summary>
public interface IMachineDisks
{
    /// <summary>Where the machine serves what is exported, once something is.</summary>
    string SocketPath { get; }

    /// <summary>
    /// On a target that waits for its guest: disks are writable at <see cref="SocketPath"/>, each under its own name.
    /// They stay so until <see cref="CloseExportsAsync"/>, which must come before the guest runs.
    /// </summary>
    /// <exception cref="HypervisorException">It was refused.</exception>
    Task ExportAsync(IReadOnlyCollection<DiskId> disks, CancellationToken cancellation);

    /// <summary>Ends every export and the server. Whoever is connected is hung up on.</summary>
    Task CloseExportsAsync(CancellationToken cancellation);

    /// <summary>
    /// On a source: a disk is readable at <see cref="SocketPath"/> under a name, together with the dirty bits of a
    /// bitmap that is not recording. The guest goes on writing; what is read is what is there at that moment.
    /// </summary>
    Task OfferAsync(DiskId disk, string export, string? bitmap, CancellationToken cancellation);

    /// <summary>Names of the exports of a disk.</summary>
    Task<IReadOnlyList<string>> OffersAsync(DiskId disk, CancellationToken cancellation);

    /// <summary>Takes an export away, and comes back when it is gone.</summary>
    Task WithdrawAsync(string export, CancellationToken cancellation);

    /// <summary>The bitmaps of a disk, those of other programs too.</summary>
    Task<IReadOnlyList<DiskBitmap>> BitmapsAsync(DiskId disk, CancellationToken cancellation);

    /// <summary>Changes bitmaps of a disk, all or none of them, at one moment between two writes of the guest.</summary>
    Task ChangeBitmapsAsync(DiskId disk, IReadOnlyList<BitmapChange> changes, CancellationToken cancellation);

    /// <summary>Holds the guest's writes to a disk to so many bytes a second; 0 lifts it.</summary>
    Task ThrottleWritesAsync(DiskId disk, long bytesPerSecond, CancellationToken cancellation);

    /// <summary>
    /// On a source: when this has returned, each write of the guest goes to the NBD server at a socket too, after it was
    /// done here and before the guest hears of it; one into the same place begins when that is over. A server that answers
    /// with an error, or hangs up, ends that and harms no write. One that answers nothing holds the guest up, and this
    /// machine's own orders with it, until it hangs up.
    /// </summary>
    Task MirrorAsync(DiskId disk, string socketPath, CancellationToken cancellation);

    /// <summary>Ends that, and comes back when nothing of it is left; no error where there was none.</summary>
    /// <param name="disk">Which.</param>
    /// <param name="inOrder">What was written so far goes to the server first. Otherwise the server must have hung up.</param>
    /// <param name="cancellation">Of the waiting.</param>
    /// <returns>Whether it ended in order, and nothing had failed until then.</returns>
    Task<bool> EndMirrorAsync(DiskId disk, bool inOrder, CancellationToken cancellation);
}

/// <summary>A dirty bitmap.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="DirtyBytes">What its bits stand for.</param>
/// <param name="IsRecording">It notes what is written.</param>
/// <param name="IsInconsistent">It was not closed in order; nothing can be told from it.</param>
public sealed record DiskBitmap(string Name, long DirtyBytes, bool IsRecording, bool IsInconsistent);

/// <summary>A change to a bitmap.</summary>
/// <param name="Name">Which.</param>
public abstract record BitmapChange(string Name)
{
    /// <summary>Makes an empty one. It outlives the process where the disk's format can hold it.</summary>
    public sealed record Add(string Name, bool IsRecording, uint GranularityBytes) : BitmapChange(Name);

    /// <summary>Adds the bits of another one.</summary>
    public sealed record Merge(string Name, string From) : BitmapChange(Name);

    /// <summary>Takes all bits away.</summary>
    public sealed record Clear(string Name) : BitmapChange(Name);

    /// <summary>Removes it.</summary>
    public sealed record Remove(string Name) : BitmapChange(Name);
}
