using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Chooses the level of compression so that the processor never is what the transfer waits for. Packing and sending take
/// turns on one thread, so the time of a window of batches is packing, and waiting: for the link to take bytes, or for
/// QEMU to give some, which it does no faster when its own rate is limited.
///
///     up     when the next step, as slow as the ladder foresees, would take less than half of the time that is waited
///            now: however little it gains, the others stay slower
///     down   when packing takes longer than is waited, and a quarter of all the time: where reading and hashing take
///            the rest, a cheaper step costs bytes and gains next to nothing; two steps when next to nothing is waited
///
/// Between the two it stays, so it does not swing. Pure: times come in, a step goes out.
/// </summary>
/// <param name="level">The step to begin with.</param>
/// <param name="most">The last step that may be taken.</param>
internal sealed class LevelRule(int level, int most)
{
    private long _packing;
    private long _waiting;
    private long _all;
    private int _batches;

    /// <summary>The step to use now.</summary>
    public int Level { get; private set; } = Math.Clamp(level, 0, most);

    /// <summary>
    /// Notes one batch, in nanoseconds: time to pack it, time that was waited for it, and all since the one before.
    /// </summary>
    public void Note(long packing, long waiting, long all)
    {
        _all += all;
        _packing += packing;
        _waiting += waiting;
        if (++_batches < Limits.PageWork.LevelWindow || _packing + _waiting < Limits.PageWork.LevelWindowNs)
            return;
        Level = Next(Level, most, _packing, _waiting, _all);
        (_packing, _waiting, _all, _batches) = (0, 0, 0, 0);
    }

    /// <summary>The step after a window.</summary>
    internal static int Next(int level, int most, long packing, long waiting, long all)
    {
        if (level > 0 && packing > waiting && packing > all / 4)
            return Math.Max(0, level - (packing / 8 > waiting ? 2 : 1));
        if (level >= most)
            return level;
        var steps = CompressionLevels.Steps;
        return Foreseen() * 2 < waiting ? level + 1 : level;

        // Nothing was packed on the lowest step: what LZ4 costs is judged by what a batch of pages takes.
        double Foreseen() => level == 0
            ? packing + (steps[1].Nanoseconds * Limits.PageWork.LevelWindow * Limits.PageWork.BatchBytesMax)
            : packing * (steps[level + 1].Nanoseconds / steps[level].Nanoseconds);
    }
}
