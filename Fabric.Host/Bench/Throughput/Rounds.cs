namespace Fabric.Host.Bench.Throughput;

/// <summary>
/// Hops in rounds, each round with one of every way. Ratios are taken within a round, for neighbours in time had about
/// the same load beside them.
/// </summary>
/// <param name="Hops">Round by round.</param>
public sealed record Rounds(IReadOnlyList<IReadOnlyList<Hop>> Hops)
{
    /// <summary>All hops of a way.</summary>
    public IReadOnlyList<Hop> Of(Way way) => [.. Hops.Select(r => In(r, way))];

    /// <summary>Speed of a way over that of QEMU alone: the median over rounds.</summary>
    public double OfDirect(Way way) => Medians.Of(
        Hops.Select(r => In(r, way).MegabytesPerSecond / In(r, Way.Direct).MegabytesPerSecond));

    private static Hop In(IReadOnlyList<Hop> round, Way way) => round.First(h => h.Way == way);
}
