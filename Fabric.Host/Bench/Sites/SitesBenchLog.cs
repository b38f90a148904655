using System.Globalization;

namespace Fabric.Host.Bench.Sites;

/// <summary>What the bench has found so far, told as it comes.</summary>
/// <param name="say">Hears a line for each move.</param>
/// <param name="steps">Hears which share of all moves is done.</param>
/// <param name="count">All moves.</param>
internal sealed class SitesBenchLog(Action<string> say, Action<double> steps, int count)
{
    private readonly List<SiteMove> _moves = [];
    private readonly List<LanMove> _lan = [];

    /// <summary>From site to site.</summary>
    public IReadOnlyList<SiteMove> Moves => _moves;

    /// <summary>Within a site.</summary>
    public IReadOnlyList<LanMove> Lan => _lan;

    /// <summary>Blocks that the guest was told are on its disk; null when it had none.</summary>
    public long? AcknowledgedBlocks { get; set; }

    /// <summary>Of them, what is not there.</summary>
    public long? LostBlocks { get; set; }

    /// <summary>A line that is no move.</summary>
    public void Say(string line) => say(line);

    /// <summary>One move more.</summary>
    public void Note(SiteMove move)
    {
        _moves.Add(move);
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"{move.Way,-12}{move.Broke ?? "quiet",-6} {move.From}>{move.To} {move.WanBytes / 1e6,6:F1} MB on the WAN of {move.AllocatedBytes / 1e6:F1} disk + {(move.MemoryBytes ?? 0) / 1e6:F1} memory, {move.TotalMs / 1e3,5:F1} s, blackout {move.BlackoutMs,4:F0} ms (usual {move.UsualGapMs:F0}), paused {move.PausedMs ?? move.DowntimeMs:F0} ms, {move.Attempts} attempt(s){(move.Clean ? "" : ", NOT CLEAN")}"));
        Step();
    }

    /// <summary>One move more.</summary>
    public void Note(LanMove move)
    {
        _lan.Add(move);
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"{move.Way,-12}{move.Kind,-9} {move.From}>{move.To} outage {move.OutageMs,5:F1} ms (usual {move.UsualGapMs:F1}), paused {move.PausedMs,5:F1} ms, over {move.OverMs,5:F1} ms (guest {move.WakeMs:F1}, network {move.NetworkMs:F1}), {move.Lost} lost{(move.Clean ? "" : ", NOT CLEAN")}"));
        Step();
    }

    private void Step() => steps(Math.Min(1, (double)(_moves.Count + _lan.Count) / count));
}
