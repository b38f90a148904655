namespace Fabric.Protocol;

/// <summary>
/// A hypervisor's own limit around a rate that is held on the wire: it counts bytes before page work, so it must leave
/// room for all of them that pack into the rate.
/// </summary>
public static class RateGuard
{
    /// <summary>Bytes of the hypervisor's stream a second; 0 is unlimited.</summary>
    /// <param name="rate">On the wire; 0 is unlimited.</param>
    /// <param name="packing">Bytes of the stream for one on the wire.</param>
    public static long Of(long rate, double packing) => rate == 0
        ? 0
        : (long)Math.Min(rate * Math.Max(1, packing) * Limits.Rate.GuardTimes, Limits.Rate.BytesPerSecondMax);

    /// <summary>Not worth an order.</summary>
    public static bool IsClose(double packing, double before) =>
        Math.Abs(packing - before) * 100 < before * Limits.Rate.GuardSlackPercent;
}
