using Fabric.Host.Impair;

namespace Fabric.Host.Bench.Sites;

/// <summary>What a wire carried between two looks at it, both ways.</summary>
internal static class WanCount
{
    /// <summary>Bytes of its frames.</summary>
    public static long Bytes(ImpairCounters before, ImpairCounters after) =>
        after.BytesThere + after.BytesBack - before.BytesThere - before.BytesBack;

    /// <summary>Its frames.</summary>
    public static long Frames(ImpairCounters before, ImpairCounters after) => Frames(after) - Frames(before);

    private static long Frames(ImpairCounters wan) => wan.Wire is { } wire ? wire.FramesThere + wire.FramesBack : 0;
}
