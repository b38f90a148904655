namespace Fabric.Host.Bench.Sites;

/// <summary>What is broken in the middle of the disk's copy, as reports name it.</summary>
internal static class BrokenSites
{
    /// <summary>The WAN loses every packet for a while.</summary>
    public const string Cut = "cut";

    /// <summary>kill -9 of the target's node; of QEMU alone, which has none, of the target's QEMU.</summary>
    public const string Kill = "kill";
}
