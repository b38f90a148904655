using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>What a host is to the VM whose disks are looked at.</summary>
public enum DiskSide
{
    /// <summary>The VM is to be started here: its images are there, and nobody uses them.</summary>
    Start = 1,

    /// <summary>The VM runs here and is to leave: its images are in use, by itself.</summary>
    Source = 2,

    /// <summary>The VM is to come here.</summary>
    Target = 3,
}

/// <summary>
/// Images on this host. Beside an image that the fabric made, or may remove, lies a note; whatever has no note that can
/// be read is never removed. One call at a time for one image.
/// </summary>
public interface IDiskImages
{
    /// <summary>Where the image of a disk is, or would be.</summary>
    /// <exception cref="DiskException">This host has no directory for such disks.</exception>
    string PathOf(DiskSpec disk);

    /// <summary>
    /// Looks at an image. Of a shared one this leaves a fresh token beside it, the identity: who finds it sees the same
    /// directory at the same time, and not a copy of it.
    /// </summary>
    /// <exception cref="DiskException">It cannot be looked at.</exception>
    Task<DiskFacts> LookAsync(DiskSpec disk, CancellationToken cancellation);

    /// <summary>All that keeps this host from being that side for the VM's disks; empty when nothing does.</summary>
    /// <param name="vm">Whose disks.</param>
    /// <param name="disks">All of them.</param>
    /// <param name="side">What this host is to be.</param>
    /// <param name="fromSource">On a target: what the source's <see cref="LookAsync"/> said, of each.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<IReadOnlyList<DiskProblem>> CheckAsync(
        VmId vm, IReadOnlyList<DiskSpec> disks, DiskSide side, IReadOnlyList<DiskFacts> fromSource,
        CancellationToken cancellation);

    /// <summary>
    /// On a target: makes the image of a local disk, or finds the VM's own partial one of an earlier attempt and keeps it.
    /// Crash-safe: whatever it leaves when it is cut off is taken up, or replaced, by the next call.
    /// </summary>
    /// <returns>The image's own name, for the offer.</returns>
    /// <exception cref="DiskException">Another VM's image, or an unknown file, is there; or it cannot be made.</exception>
    Task<string> MakeAsync(VmId vm, DiskSpec disk, DiskFacts fromSource, CancellationToken cancellation);

    /// <summary>The note of a disk's image; null when there is none.</summary>
    /// <exception cref="DiskException">It is damaged.</exception>
    DiskNote? NoteOf(DiskSpec disk);

    /// <summary>
    /// Notes what the image is now; durable when it returns. <see cref="DiskState.Owned"/> must be noted before a guest is
    /// let run on a copied image: from then on it must not be copied over. An image without a note gets one.
    /// </summary>
    /// <exception cref="DiskException">The note names another VM, or is damaged.</exception>
    void Mark(VmId vm, DiskSpec disk, DiskState state);

    /// <summary>
    /// Removes image and note of a local disk whose note says that this VM's copy is partial or released, and that no
    /// program has open. Idempotent: false when there is neither.
    /// </summary>
    /// <exception cref="DiskException">It is another VM's, owned, in use or unknown; nothing was removed.</exception>
    Task<bool> RemoveAsync(VmId vm, DiskSpec disk, CancellationToken cancellation);

    /// <summary>Every image with a note in the directory of local disks, damaged notes too.</summary>
    IReadOnlyList<DiskFound> Notes();
}
