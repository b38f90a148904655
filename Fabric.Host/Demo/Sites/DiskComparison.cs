using Fabric.Host.Faults.Guest;

namespace Fabric.Host.Demo.Sites;

/// <summary>
/// Whether two disks were equal when the guest went from one to the other, seen later: the first was never written
/// again, the second only by the guest. So they may differ only in whole blocks of its writer that are newer than any
/// of the first.
/// </summary>
internal static class DiskComparison
{
    /// <summary>Compares them, raw, from their starts.</summary>
    /// <param name="before">As the source left it.</param>
    /// <param name="after">As the target has it.</param>
    /// <param name="blocks">The first blocks are the writer's.</param>
    /// <param name="run">The writer's run.</param>
    public static bool DiffersOnlyByLaterBlocks(Stream before, Stream after, long blocks, ulong run = 1)
    {
        if (before.Length != after.Length)
            return false;
        var (one, other) = (new byte[WrittenBlocks.BlockBytes], new byte[WrittenBlocks.BlockBytes]);
        var (newestBefore, oldestChanged) = (0L, long.MaxValue);
        for (long place = 0; before.Position < before.Length; place++)
        {
            var length = before.ReadAtLeast(one, one.Length, throwOnEndOfStream: false);
            after.ReadExactly(other, 0, length);
            if (place < blocks)
                newestBefore = Math.Max(newestBefore, WrittenBlocks.NumberOf(one, run));
            if (one.AsSpan(0, length).SequenceEqual(other.AsSpan(0, length)))
                continue;
            if (place >= blocks || WrittenBlocks.NumberOf(other, run) is not (> 0 and var number))
                return false;
            oldestChanged = Math.Min(oldestChanged, number);
        }

        return oldestChanged > newestBefore;
    }
}
