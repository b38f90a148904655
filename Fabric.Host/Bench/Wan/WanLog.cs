using System.Globalization;
using Fabric.Host.Faults;

namespace Fabric.Host.Bench.Wan;

/// <summary>What a comparison has found so far, told as it comes.</summary>
/// <param name="say">Hears a line for each move.</param>
/// <param name="steps">Hears how many of all moves are done.</param>
/// <param name="count">All moves, throughput counted as one.</param>
internal sealed class WanLog(Action<string> say, Action<double> steps, int count)
{
    private readonly List<MoveResult> _moves = [];
    private int _done;

    /// <summary>Every move.</summary>
    public IReadOnlyList<MoveResult> Moves => _moves;

    /// <summary>Which of QEMU's own ways sent the fewest bytes, for each guest.</summary>
    public Dictionary<string, string> Best { get; } = new(StringComparer.Ordinal);

    /// <summary>The fabric's figures.</summary>
    public Dictionary<string, double> Ratios { get; } = new(StringComparer.Ordinal);

    /// <summary>QEMU's own.</summary>
    public Dictionary<string, double> QemuRatios { get; } = new(StringComparer.Ordinal);

    /// <summary>Speeds, megabytes a second.</summary>
    public Dictionary<string, double> Speeds { get; } = new(StringComparer.Ordinal);

    /// <summary>A line that is no move.</summary>
    public void Say(string line) => say(line);

    /// <summary>One move more.</summary>
    /// <param name="move">What came of it.</param>
    /// <param name="what">What was done besides; empty for nothing.</param>
    public MoveResult Note(MoveResult move, string what = "")
    {
        var noted = what.Length == 0 ? move : move with { Guest = $"{move.Guest}, {what}" };
        _moves.Add(noted);
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"{noted.Guest,-24} {noted.Way,-15} {noted.WireBytes / 1e6,7:F1} MB {noted.TotalMs / 1e3,6:F1} s, down {noted.DowntimeMs,5:F0} ms, cpu {noted.CpuSeconds,5:F1} s, {noted.Attempts} attempt(s){(noted.Forced ? ", forced" : "")}{(noted.Clean ? "" : ", NOT CLEAN")}"));
        Step();
        return noted;
    }

    /// <summary>One step is done.</summary>
    public void Step() => steps(Math.Min(1, (double)++_done / count));

    /// <summary>The median over bytes.</summary>
    public static double MedianBytes(IEnumerable<MoveResult> moves) => Medians.Of(moves.Select(m => (double)m.WireBytes));

    /// <summary>Four digits are more than such a run is good for.</summary>
    public static double Share(double part, double whole) => whole > 0
        ? Math.Round(part / whole, 4)
        : throw new LabException("A move carried no bytes, so nothing can be compared with it.");
}
