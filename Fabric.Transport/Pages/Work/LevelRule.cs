using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Chooses the level of compression so that the processor never is what the transfer waits for. Packing and sending take
/// turns on one thread, so the time of a window of batches is packing plus waiting for the link:
///
///     up     when the next step, as slow as the ladder foresees, would take less than half of the time that the link
///            takes now: however little it gains, the link stays the slower of the two
///     down   when packing takes longer than the link does
///
/// Between the two it stays, so it does not swing. Pure: times come in, a step goes out.
/// </summary>
/// <param name="level">The step to begin with.</param>
/// <param name="most">The last step that may be taken.</param>
internal sealed class LevelRule(int level, int most)
{
    private long _packing;
    private long _sending;
    private int _batches;

    /// <summary>The step to use now.</summary>
    public int Level { get; private set; } = Math.Clamp(level, 0, most);

    /// <summary>Notes one batch: time to pack it, and time that the link took it; any unit, the same for both.</summary>
    public void Note(long packing, long sending)
    {
        _packing += packing;
        _sending += sending;
        if (++_batches < Limits.PageWork.LevelWindow)
            return;
        Level = Next(Level, most, _packing, _sending);
        (_packing, _sending, _batches) = (0, 0, 0);
    }

    /// <summary>The step after a window.</summary>
    internal static int Next(int level, int most, long packing, long sending)
    {
        if (level > 0 && packing > sending)
            return level - 1;
        if (level >= most)
            return level;
        var steps = CompressionLevels.Steps;
        return Foreseen() * 2 < sending ? level + 1 : level;

        // Nothing was packed on the lowest step: what LZ4 costs is judged by what a batch of pages takes.
        double Foreseen() => level == 0
            ? packing + (steps[1].Nanoseconds * Limits.PageWork.LevelWindow * Limits.PageWork.BatchBytesMax)
            : packing * (steps[level + 1].Nanoseconds / steps[level].Nanoseconds);
    }
}
