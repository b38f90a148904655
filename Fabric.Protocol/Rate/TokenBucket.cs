namespace Fabric.Protocol;

/// <summary>
/// A token bucket, as a value: one per migration, over all its channels. Whoever sends takes first and then waits as
/// long as it is told, so a frame larger than the bucket passes too, and the next one waits for it.
/// <code>
/// sent(t) &lt;= burst + rate x t      for every stretch of time that begins with a full bucket
/// </code>
/// </summary>
/// <param name="BytesPerSecond">0 is unlimited.</param>
/// <param name="Bytes">What may be sent at <paramref name="At"/>; below zero it is owed.</param>
/// <param name="At">When that was true, on whatever clock the caller has.</param>
public readonly record struct TokenBucket(long BytesPerSecond, double Bytes, TimeSpan At)
{
    /// <summary>What it holds when full.</summary>
    public double Burst => BurstOf(BytesPerSecond);

    /// <summary>A full one.</summary>
    public static TokenBucket Full(long bytesPerSecond, TimeSpan now) =>
        new(bytesPerSecond, BurstOf(bytesPerSecond), now);

    /// <summary>Takes so many bytes.</summary>
    /// <returns>The bucket after it, and how long to wait before they are sent.</returns>
    public (TokenBucket Next, TimeSpan Wait) Take(long bytes, TimeSpan now)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var filled = FilledTo(now);
        if (BytesPerSecond == 0)
            return (filled, TimeSpan.Zero);
        var rest = filled.Bytes - bytes;
        // Upwards: a tick too late is within the rate, a tick too early is not.
        var wait = rest >= 0 ? 0 : Math.Ceiling(-rest / BytesPerSecond * TimeSpan.TicksPerSecond);
        return (filled with { Bytes = rest }, TimeSpan.FromTicks((long)wait));
    }

    /// <summary>Goes on at another rate. What is owed stays owed, at the new rate.</summary>
    public TokenBucket Retuned(long bytesPerSecond, TimeSpan now) => bytesPerSecond == BytesPerSecond
        ? this
        : FilledTo(now) with
        {
            BytesPerSecond = bytesPerSecond,
            Bytes = Math.Min(FilledTo(now).Bytes, BurstOf(bytesPerSecond)),
        };

    /// <summary>The same at a later time; a clock that went back changes nothing.</summary>
    private TokenBucket FilledTo(TimeSpan now)
    {
        if (now <= At)
            return this;
        var filled = Bytes + (BytesPerSecond * (now - At).TotalSeconds);
        return this with { Bytes = Math.Min(filled, Burst), At = now };
    }

    private static double BurstOf(long bytesPerSecond) =>
        Math.Max(Limits.Rate.BurstBytesMin, bytesPerSecond / Limits.Rate.BurstsPerSecond);
}
