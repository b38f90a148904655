using System.Collections.Immutable;
using System.Globalization;

namespace Fabric.Protocol;

/// <summary>What a migration carries over a link, as its source told last.</summary>
public sealed record LineCarrier(MigrationId Migration, long BytesPerSecond, long Sent, long Resent, TimeSpan HeardAt);

/// <summary>
/// How a link between two sites is, as a value: questions from hosts of the one to hosts of the other go in, and what
/// migrations tell of their own links; a state comes out.
/// <code>
///                 an answer                          a reason
///   Unknown ------------------> Up &lt;--------------------------------> Degraded
///      |  \                     ^ |        30 s without one              | ^
///      |   \  3 lost in a row   | |  3 lost in a row, and 6 s            | |
///      |    `---------------> Down &lt;-------------------------------------' |
///      |                        |   3 answers in a row                     |
///      '------- not reported on for 30 s, from any state                   |
/// </code>
/// Each way over it (<see cref="LinePath"/>) is judged by itself: one that is down degrades the link, all of them are its
/// end. Nothing of this is journalled: it is known again a moment after it was lost.
/// </summary>
public sealed record LineHealth
{
    private LineHealth(TimeSpan now) => (Began, Since) = (now, now);

    /// <summary>How it is.</summary>
    public LineState State { get; private init; } = LineState.Unknown;

    /// <summary>Since when.</summary>
    public TimeSpan Since { get; private init; }

    /// <summary>Why it is down or degraded, in words.</summary>
    public string? Why { get; private init; }

    /// <summary>The ways over it.</summary>
    public ImmutableArray<LinePath> Paths { get; private init; } = [];

    /// <summary>Of questions and answers; null before any, and after it was down.</summary>
    public RoundTrip? Trip { get; private init; }

    /// <summary>The time-out that migrations know: it has some room, so that it changes seldom. Outlives a time of being down.</summary>
    public int? TimeoutMs { get; private init; }

    private TimeSpan Began { get; init; }

    private TimeSpan? WatchedAt { get; init; }

    private bool WasJudged { get; init; }

    private TimeSpan? GrievedAt { get; init; }

    private LineWindow Window { get; init; } = LineWindow.Empty;

    private Extreme Trips { get; init; }

    private Extreme Rates { get; init; }

    private ImmutableArray<LineCarrier> Carriers { get; init; } = [];

    /// <summary>Nothing is known.</summary>
    public static LineHealth Of(TimeSpan now) =>
        new(now) { Trips = new Extreme(null, null, now), Rates = new Extreme(null, null, now) };

    /// <summary>The least round trip of the last minutes.</summary>
    public double? TripMsLeast => Trips.Least;

    /// <summary>The most that was carried over it in the last minutes: what it can at least.</summary>
    public double? BytesPerSecondMost => Rates.Most;

    /// <summary>
    /// New attempts wait: it is down, or it is only just being measured for the first time and may be.
    /// </summary>
    public bool Holds(TimeSpan now) => State == LineState.Down || (!WasJudged
        && (WatchedAt is { } since
            ? (now - since).TotalMilliseconds < Limits.Sites.MeasureFirstMs
            : (now - Began).TotalMilliseconds < Limits.Rate.LineSettlesMs));

    /// <summary>TCP segments that were sent again in the last minute, in percent; null when none were sent.</summary>
    public double? LossPercent(TimeSpan now) =>
        Window.Sum(now) is { Sent: > 0 } sum ? Percent(sum.Resent, sum.Sent) : null;

    /// <summary>Questions without an answer in the last minute, in percent; null when none were asked.</summary>
    public double? MissPercent(TimeSpan now) =>
        Window.Sum(now) is { Asked: > 0 } sum ? Percent(sum.Missed, sum.Asked) : null;

    /// <summary>What migrations carry over it now, bytes a second.</summary>
    public long BytesPerSecond(TimeSpan now) =>
        Carriers.Where(c => IsFresh(c, now)).Sum(static c => c.BytesPerSecond);

    /// <summary>Hosts were asked to measure it.</summary>
    public LineHealth Watched(TimeSpan now) => WatchedAt is null ? this with { WatchedAt = now } : this;

    /// <summary>A host told what became of its question.</summary>
    public LineHealth Heard(HostId from, LineProbed probe, TimeSpan now)
    {
        var known = Paths.FirstOrDefault(p => p.From == from && p.To == probe.Target);
        var path = (known ?? new LinePath(from, probe.Target, 0, 0, now, now, null, null))
            .Asked(probe.Answered, probe.Problem, TimeoutMs ?? 0, now);
        var others = Paths.Where(p => p != known).OrderByDescending(p => p.HeardAt).Take(Limits.Sites.PathsKeptMax - 1);
        return (this with
        {
            Paths = [.. others.Append(path).OrderBy(p => p.ToString(), StringComparer.Ordinal)],
            Window = Window.Counted(now, 1, probe.Answered ? 0 : 1, probe.SegmentsSent, probe.SegmentsResent),
        }).Timed(probe.Answered ? probe.RoundTripMs : null, now).Judged(now);
    }

    /// <summary>A migration's source told what its own links carry.</summary>
    public LineHealth Carried(MigrationId migration, LinkProgress link, TimeSpan now)
    {
        var before = Carriers.FirstOrDefault(c => c.Migration == migration);
        var others = Carriers.RemoveAll(c => c.Migration == migration || !IsFresh(c, now));
        if (others.Length >= Limits.Rate.SharersMax)
            return this;
        var (sent, resent) = (link.SegmentsSent ?? 0, link.SegmentsResent ?? 0);
        // Another attempt counts from zero; the first that is heard of one says nothing about the last minute.
        var (newSent, newResent) = before is null ? (0, 0)
            : sent < before.Sent || resent < before.Resent ? (sent, resent)
            : (sent - before.Sent, resent - before.Resent);
        var next = this with
        {
            Carriers = others.Add(new LineCarrier(migration, link.BytesPerSecond, sent, resent, now)),
            Window = Window.Counted(now, 0, 0, newSent, newResent),
        };
        return (next with { Rates = Rates.WithMost(next.BytesPerSecond(now), now) }).Judged(now);
    }

    /// <summary>Who can still be heard: what others said last is not how it is now.</summary>
    public LineHealth Among(ImmutableHashSet<HostId> connected, TimeSpan now) =>
        (this with { Paths = Paths.RemoveAll(p => !connected.Contains(p.From)) }).Judged(now);

    /// <summary>Time passed.</summary>
    public LineHealth Looked(TimeSpan now) => Judged(now);

    private LineHealth Timed(double? milliseconds, TimeSpan now)
    {
        if (milliseconds is not { } ms)
            return this;
        var trip = RoundTrip.Seen(Trip, ms);
        return this with
        {
            Trip = trip,
            Trips = Trips.WithLeast(ms, now),
            TimeoutMs = TimeoutMs is { } told && trip.TimeoutMs <= told && trip.TimeoutMs >= told / 2.0
                ? told
                : (int)Math.Ceiling(trip.TimeoutMs * Limits.Sites.TimeoutRoom),
        };
    }

    private LineHealth Judged(TimeSpan now)
    {
        var heard = Paths.Where(p => (now - p.HeardAt).TotalMilliseconds < Limits.Sites.UnheardMs).ToArray();
        if (heard.Length == 0)
            return To(LineState.Unknown, null, now);
        if (Array.TrueForAll(heard, static p => p.Down is true))
            return To(LineState.Down, string.Join("; ", heard.Select(Silence)), now);
        if (!Array.Exists(heard, static p => p.Down is false))
            return this;

        // What was counted while it was down says nothing about how it is now.
        var alive = State == LineState.Down ? this with { Window = LineWindow.Empty, GrievedAt = null } : this;
        var grievance = alive.Grievance(now);
        if (grievance is not null)
            alive = alive with { GrievedAt = now };
        // A way is judged slowly enough by itself, so this ends with it.
        if (Array.Find(heard, static p => p.Down is true) is { } silent)
            return alive.To(LineState.Degraded, Silence(silent), now);
        if (grievance is not null)
            return alive.To(LineState.Degraded, grievance, now);
        return State == LineState.Degraded && GrievedAt is { } grieved
            && (now - grieved).TotalMilliseconds < Limits.Sites.GoodForMs
            ? alive
            : alive.To(LineState.Up, null, now);
    }

    private LineHealth To(LineState state, string? why, TimeSpan now) => this with
    {
        State = state,
        Why = why,
        Since = state == State ? Since : now,
        WasJudged = WasJudged || state != LineState.Unknown,
        // RFC 6298, 5.7: what is known of a path that stopped to answer may be wrong of the one that answers again.
        Trip = state == LineState.Down && State != LineState.Down ? null : Trip,
    };

    private string? Grievance(TimeSpan now)
    {
        var stays = State == LineState.Degraded;
        var sum = Window.Sum(now);
        if (Exceeds(sum.Missed, sum.Asked, stays, Limits.Sites.MissPercentEnter, Limits.Sites.MissPercentLeave))
            return $"{sum.Missed} of {sum.Asked} questions of the last minute were not answered";
        if (Exceeds(sum.Resent, sum.Sent, stays, Limits.Sites.LossPercentEnter, Limits.Sites.LossPercentLeave))
            return $"TCP sent {Show(Percent(sum.Resent, sum.Sent))} % of {sum.Sent} segments again in the last minute";
        var times = stays ? Limits.Sites.TripTimesLeave : Limits.Sites.TripTimesEnter;
        return Trip is { } trip && Trips.Least is { } least && trip.SmoothedMs > (times * least) + Limits.Sites.TripSlackMs
            ? $"the round trip is {Show(trip.SmoothedMs)} ms, and {Show(least)} ms at its best"
            : null;
    }

    private static bool Exceeds(long few, long all, bool stays, double enter, double leave) => all > 0
        && few >= (stays ? Limits.Sites.LossesMin - 1 : Limits.Sites.LossesMin)
        && Percent(few, all) >= (stays ? leave : enter);

    private static string Silence(LinePath path) =>
        path.Problem is { } problem ? $"{path}: {problem}" : $"{path}: no answer";

    private static bool IsFresh(LineCarrier carrier, TimeSpan now) =>
        (now - carrier.HeardAt).TotalMilliseconds < Limits.Sites.CarriedLastsMs;

    private static double Percent(long few, long all) => 100.0 * few / all;

    private static string Show(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
