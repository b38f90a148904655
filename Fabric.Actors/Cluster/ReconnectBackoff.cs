namespace Fabric.Actors.Cluster;

/// <summary>
/// Doubling waits with jitter: each is between half of and the whole of min x 2^n, up to max, so that hosts that lost
/// the same coordinator do not come back in the same moment.
/// </summary>
/// <param name="min">Before jitter, the first wait.</param>
/// <param name="max">Before jitter, the longest wait.</param>
/// <param name="random">Gives numbers in [0, 1).</param>
public sealed class ReconnectBackoff(TimeSpan min, TimeSpan max, Func<double> random)
{
    private readonly TimeSpan _min = min;
    private TimeSpan _next = min;

    /// <summary>Waits given since the last reset.</summary>
    public int Tries { get; private set; }

    /// <summary>The next wait.</summary>
    public TimeSpan Next()
    {
        var whole = _next;
        _next = whole >= max / 2 ? max : whole * 2;
        Tries = Tries == int.MaxValue ? Tries : Tries + 1;
        return whole * (0.5 + (0.5 * random()));
    }

    /// <summary>The connection was good: begin with the shortest wait again.</summary>
    public void Reset() => (_next, Tries) = (_min, 0);
}
