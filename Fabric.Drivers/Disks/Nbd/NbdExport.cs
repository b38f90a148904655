namespace Fabric.Drivers.Disks.Nbd;

/// <summary>What a server said of the export it serves.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="IsReadOnly">It takes no writes.</param>
/// <param name="Contexts">Numbers of the contexts that were asked for, in the order of asking.</param>
internal sealed record NbdExport(long Bytes, bool IsReadOnly, IReadOnlyList<uint> Contexts);

/// <summary>A stretch of a disk about which a context says one thing.</summary>
internal readonly record struct NbdExtent(uint Length, uint Flags);
