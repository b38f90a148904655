namespace Fabric.Protocol;

/// <summary>
/// Clark's rule (NSDI 2005, and Xen's xc_linux_save.c): begin slowly, so that the guest's own traffic has the line; after
/// each round go 50 Mbit/s above what the guest dirtied in it, up to the maximum. It never falls within a migration:
/// a round that found little to send says nothing of the next. The last copy, with the guest stopped, is not held back.
/// </summary>
public static class AdaptiveRate
{
    /// <summary>The first round's.</summary>
    /// <param name="min">Bytes a second; 0: there is no rule, and the maximum holds from the beginning.</param>
    /// <param name="max">Bytes a second; 0 is unlimited.</param>
    public static long First(long min, long max) => min == 0 ? max : Capped(min, max);

    /// <summary>The next round's.</summary>
    /// <param name="now">The rate of the round that ended; 0 is unlimited.</param>
    /// <param name="min">Bytes a second; 0: there is no rule.</param>
    /// <param name="max">Bytes a second; 0 is unlimited.</param>
    /// <param name="dirtyBytesPerSecond">What the guest dirtied in that round.</param>
    public static long Next(long now, long min, long max, long dirtyBytesPerSecond)
    {
        if (min == 0 || now == 0)
            return max;
        var wanted = dirtyBytesPerSecond > Limits.Rate.BytesPerSecondMax
            ? Limits.Rate.BytesPerSecondMax
            : dirtyBytesPerSecond + Limits.Rate.Increment;
        return Capped(Math.Max(Math.Max(now, min), wanted), max);
    }

    /// <summary>Twice the rate, for rounds that do not shrink at it although the guest dirties less.</summary>
    public static long Raised(long now, long max) =>
        Capped(Math.Min(Math.Max(now * 2, now + Limits.Rate.Increment), Limits.Rate.BytesPerSecondMax), max);

    /// <summary>Nothing is left to be raised.</summary>
    public static bool IsAtMost(long now, long min, long max) =>
        min == 0 || now == 0 || now >= (max == 0 ? Limits.Rate.BytesPerSecondMax : max);

    private static long Capped(long rate, long max) => max == 0 ? rate : Math.Min(rate, max);
}
