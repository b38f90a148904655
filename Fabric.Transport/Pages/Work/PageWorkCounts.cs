namespace Fabric.Transport.Pages.Work;

/// <summary>What page work did so far; pages by what was sent in their place.</summary>
/// <param name="Zero">Named as zeros.</param>
/// <param name="Unchanged">Named as held.</param>
/// <param name="Reference">Named as like another.</param>
/// <param name="Delta">Sent as what changed.</param>
/// <param name="Plain">Sent whole, in a batch that was packed where that helped.</param>
/// <param name="Raw">Sent whole and unpacked, because they look random.</param>
/// <param name="BytesIn">Bytes of QEMU's stream.</param>
/// <param name="BytesOut">Bytes in their place.</param>
/// <param name="Level">The level of compression now, a step of <see cref="CompressionLevels"/>.</param>
public readonly record struct PageWorkCounts(
    long Zero, long Unchanged, long Reference, long Delta, long Plain, long Raw, long BytesIn, long BytesOut,
    int Level);
