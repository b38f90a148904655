using System.Collections.Immutable;

namespace Fabric.Protocol;

/// <summary>What was counted on a link in a part of its window.</summary>
/// <param name="Part">Which, since the beginning of time.</param>
/// <param name="Asked">Questions.</param>
/// <param name="Missed">Of them, those without an answer.</param>
/// <param name="Sent">TCP segments with bytes.</param>
/// <param name="Resent">Of them, those that were sent again.</param>
public readonly record struct LinePart(long Part, long Asked, long Missed, long Sent, long Resent);

/// <summary>The last minute of a link, in parts, so that it costs the same however much is counted.</summary>
public sealed record LineWindow(ImmutableArray<LinePart> Parts)
{
    /// <summary>Nothing was counted.</summary>
    public static LineWindow Empty { get; } = new([]);

    /// <summary>More was counted.</summary>
    public LineWindow Counted(TimeSpan now, long asked, long missed, long sent, long resent)
    {
        var (part, kept) = (PartOf(now), Fresh(now));
        var last = kept is [.., var l] && l.Part == part ? l : new LinePart(part, 0, 0, 0, 0);
        return new LineWindow(
        [
            .. kept.Where(p => p.Part != part),
            new LinePart(part, last.Asked + asked, last.Missed + missed, last.Sent + sent, last.Resent + resent),
        ]);
    }

    /// <summary>All of the last minute together.</summary>
    public LinePart Sum(TimeSpan now) => Fresh(now).Aggregate(
        new LinePart(PartOf(now), 0, 0, 0, 0),
        static (sum, p) => sum with
        {
            Asked = sum.Asked + p.Asked,
            Missed = sum.Missed + p.Missed,
            Sent = sum.Sent + p.Sent,
            Resent = sum.Resent + p.Resent,
        });

    private ImmutableArray<LinePart> Fresh(TimeSpan now) =>
        Parts.RemoveAll(p => p.Part <= PartOf(now) - Limits.Sites.WindowParts);

    private static long PartOf(TimeSpan now) => (long)Math.Floor(now.TotalMilliseconds / Limits.Sites.WindowPartMs);
}

/// <summary>The least (or the most) of the last 10 to 20 minutes: that of a half that is over and of one that is not.</summary>
/// <param name="Now">Of this half.</param>
/// <param name="Before">Of the one before.</param>
/// <param name="Began">When this half began.</param>
public readonly record struct Extreme(double? Now, double? Before, TimeSpan Began)
{
    /// <summary>The least.</summary>
    public double? Least => Now is { } n && Before is { } b ? Math.Min(n, b) : Now ?? Before;

    /// <summary>The most.</summary>
    public double? Most => Now is { } n && Before is { } b ? Math.Max(n, b) : Now ?? Before;

    /// <summary>With one more, where the least is looked for.</summary>
    public Extreme WithLeast(double value, TimeSpan at) => Turned(at) is var e && e.Now <= value ? e : e with { Now = value };

    /// <summary>With one more, where the most is looked for.</summary>
    public Extreme WithMost(double value, TimeSpan at) => Turned(at) is var e && e.Now >= value ? e : e with { Now = value };

    private Extreme Turned(TimeSpan at)
    {
        var passed = (at - Began).TotalMilliseconds;
        return passed < Limits.Sites.ExtremeMs ? this
            : new Extreme(null, passed < 2 * Limits.Sites.ExtremeMs ? Now : null, at);
    }
}
