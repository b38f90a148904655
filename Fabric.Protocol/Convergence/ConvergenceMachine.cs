using System.Globalization;

namespace Fabric.Protocol;

/// <summary>What is seen of a pre-copy.</summary>
/// <param name="Left">Bytes still to be sent if the guest were stopped now.</param>
/// <param name="BytesPerSecond">What the line carries; 0 when it is not known yet.</param>
/// <param name="Elapsed">Since the attempt began to send.</param>
/// <param name="DeadlineIn">Until the migration is given up by its coordinator.</param>
/// <param name="Round">The round that has just ended; null between two ends.</param>
/// <param name="MemoryBytes">Of the guest.</param>
/// <param name="SentBytes">So far, all rounds.</param>
/// <param name="RateMayRise">The line carries what the rate allows, and the rate is not at its maximum.</param>
public sealed record PreCopySight(
    long Left, long BytesPerSecond, TimeSpan Elapsed, TimeSpan DeadlineIn, Round? Round, long MemoryBytes,
    long SentBytes, bool RateMayRise);

/// <summary>Where the policy stands.</summary>
/// <param name="LimitMs">The downtime limit that holds.</param>
/// <param name="ThrottlePercent">Taken from the guest.</param>
/// <param name="Rung">The step of the ladder that is next, from 0.</param>
/// <param name="Least">The least that a round has left so far.</param>
/// <param name="RoundsWithoutGain">Rounds in a row that did not shrink.</param>
/// <param name="ProofSince">When the last round shrank or the last rung was taken, since the attempt began to send.</param>
/// <param name="IsOver">It has given up, or gone over to post-copy.</param>
/// <param name="AwaitsDeadline">The ladder is at its end, and that was told.</param>
public sealed record ConvergenceState(
    int LimitMs, int ThrottlePercent, int Rung, long Least, int RoundsWithoutGain, TimeSpan ProofSince,
    bool IsOver, bool AwaitsDeadline = false)
{
    /// <summary>Before the first round: the hypervisor is held back.</summary>
    public static ConvergenceState Initial { get; } =
        new(Limits.Convergence.HeldBackMs, 0, 0, long.MaxValue, 0, TimeSpan.Zero, false);

    /// <summary>
    /// Under other rules: their ladder is climbed from its foot, the hypervisor is held back until they let it go, and the
    /// guest is slowed no more than they allow. What was seen of it stays known.
    /// </summary>
    public ConvergenceState Under(ConvergenceRules rules, TimeSpan elapsed) => this with
    {
        LimitMs = Limits.Convergence.HeldBackMs,
        ThrottlePercent = Math.Min(ThrottlePercent, rules.ThrottlePercentMax),
        Rung = 0,
        RoundsWithoutGain = 0,
        ProofSince = elapsed,
        AwaitsDeadline = false,
    };
}

/// <summary>What the policy decides, and why.</summary>
public abstract record ConvergenceDecision(string Why)
{
    /// <summary>Nothing is done. The reason is for transcripts; it is not told.</summary>
    public sealed record GoOn(string Why) : ConvergenceDecision(Why);

    /// <summary>Stop the guest as soon as what is left fits this limit; it does now.</summary>
    public sealed record SwitchOver(int LimitMs, string Why) : ConvergenceDecision(Why);

    /// <summary>Send faster: that costs the guest nothing.</summary>
    public sealed record RaiseRate(string Why) : ConvergenceDecision(Why);

    /// <summary>Take so much of its time from the guest.</summary>
    public sealed record Throttle(int Percent, string Why) : ConvergenceDecision(Why);

    /// <summary>Allow a longer downtime from now on.</summary>
    public sealed record RaiseDowntime(int LimitMs, string Why) : ConvergenceDecision(Why);

    /// <summary>Switch over now and fetch the rest afterwards.</summary>
    public sealed record PostCopy(string Why) : ConvergenceDecision(Why);

    /// <summary>End the attempt; the guest stays.</summary>
    public sealed record GiveUp(string Why) : ConvergenceDecision(Why);

    /// <summary>Nothing more is done; when the deadline nears it is given up. Told once.</summary>
    public sealed record AwaitDeadline(string Why) : ConvergenceDecision(Why);
}

/// <summary>
/// When a pre-copy is to end, as a pure function. The hypervisor would switch over by itself as soon as what is left
/// fits its downtime limit, so it is held back by a limit of 1 ms until it is told here:
/// <code>
/// what is left / bandwidth fits the downtime allowed   -> switch over
/// the deadline nears                                   -> switch over if any rung of the ladder allows it, else give up
/// rounds no longer shrink                              -> a higher rate, while there is one; then the next rung:
///                                                         throttle, longer downtime, post-copy; at the ladder's end
///                                                         wait for the deadline, or give up
/// else                                                 -> go on
/// </code>
/// It decides at the ends of rounds, when what is left is known; between them it looks at the deadline only.
/// </summary>
public static class ConvergenceMachine
{
    /// <summary>Decides.</summary>
    public static (ConvergenceState State, ConvergenceDecision Decision) Decide(
        ConvergenceRules rules, ConvergenceState state, PreCopySight sight)
    {
        if (state.IsOver)
            return (state, new ConvergenceDecision.GoOn("it is over"));
        var needMs = sight.BytesPerSecond > 0 ? sight.Left * 1000.0 / sight.BytesPerSecond : double.PositiveInfinity;
        if (sight.Round is not null && needMs <= AllowedMs(rules, state))
            return SwitchOver(state, AllowedMs(rules, state), $"{Need(sight, needMs)}, which fits");
        if (IsNear(sight, needMs)
            && AtDeadline(rules, state, sight, needMs) is var last && last.Decision is not ConvergenceDecision.GoOn)
            return last;
        if (sight.Round is not { } round)
            return (state, new ConvergenceDecision.GoOn("within a round"));
        var shrinks = state.Least == long.MaxValue
            || sight.Left <= state.Least / 100.0 * Limits.Convergence.ShrinksPercent;
        state = state with
        {
            Least = Math.Min(state.Least, sight.Left),
            RoundsWithoutGain = shrinks ? 0 : state.RoundsWithoutGain + 1,
            ProofSince = shrinks ? sight.Elapsed : state.ProofSince,
        };
        if (Stalled(state, sight, round) is not { } stalled)
            return (state, new ConvergenceDecision.GoOn(shrinks ? "rounds shrink" : "one round is no proof"));
        return Climb(rules, state, sight, needMs, stalled);
    }

    /// <summary>The longest downtime that holds now: rungs that are passed stay allowed.</summary>
    private static int AllowedMs(ConvergenceRules rules, ConvergenceState state) => rules.Ladder.Take(state.Rung)
        .Where(r => r.Step == LadderStep.Downtime)
        .Select(r => r.Bound)
        .Append(Math.Max(rules.DowntimeLimitMs, state.LimitMs))
        .Max();

    private static string? Stalled(ConvergenceState state, PreCopySight sight, Round round)
    {
        if ((sight.Elapsed - state.ProofSince).TotalMilliseconds < Limits.Convergence.StallMsMin)
            return null;
        if (state.RoundsWithoutGain >= Limits.Convergence.RoundsWithoutGainMax)
            return Text($"{state.RoundsWithoutGain} rounds did not shrink");
        // Each rung gets its two rounds of proof after these bounds as well.
        if (state.RoundsWithoutGain > 0 && round.Number >= Limits.Convergence.RoundsMax)
            return Text($"{round.Number} rounds");
        return state.RoundsWithoutGain > 0 && sight.SentBytes > Limits.Convergence.MemoryTimesMax * sight.MemoryBytes
            ? Text($"more than {Limits.Convergence.MemoryTimesMax} times the memory was sent")
            : null;
    }

    private static (ConvergenceState State, ConvergenceDecision Decision) Climb(
        ConvergenceRules rules, ConvergenceState state, PreCopySight sight, double needMs, string stalled)
    {
        // What the rung changes has to be proved ineffective anew.
        state = state with { RoundsWithoutGain = 0, ProofSince = sight.Elapsed };
        if (sight.RateMayRise)
            return (state, new ConvergenceDecision.RaiseRate(stalled));
        for (; state.Rung < rules.Ladder.Count; state = state with { Rung = state.Rung + 1 })
        {
            var (step, bound) = rules.Ladder[state.Rung];
            switch (step)
            {
                case LadderStep.Throttle when state.ThrottlePercent < bound:
                    var percent = state.ThrottlePercent == 0
                        ? Math.Min(Limits.Convergence.ThrottleFirst, bound)
                        : Math.Min(state.ThrottlePercent + Limits.Convergence.ThrottleStep, bound);
                    return (state with { ThrottlePercent = percent },
                        new ConvergenceDecision.Throttle(percent, stalled));
                case LadderStep.Downtime when needMs * Limits.Convergence.DowntimeMarginPercent / 100 <= bound:
                    var limit = (int)Math.Ceiling(needMs * Limits.Convergence.DowntimeMarginPercent / 100);
                    return (state with { LimitMs = limit },
                        new ConvergenceDecision.RaiseDowntime(limit, $"{stalled}; {Need(sight, needMs)}"));
                case LadderStep.PostCopy:
                    return (state with { IsOver = true }, new ConvergenceDecision.PostCopy(stalled));
            }
        }

        return rules.GivesUpAtOnce
            ? (state with { IsOver = true }, new ConvergenceDecision.GiveUp($"{stalled}; {Need(sight, needMs)}"))
            : AtEnd(state, sight, needMs, stalled);
    }

    /// <summary>
    /// It may still converge, for guests change; but who waits is told now, and what would help, not when time is up.
    /// </summary>
    private static (ConvergenceState State, ConvergenceDecision Decision) AtEnd(
        ConvergenceState state, PreCopySight sight, double needMs, string stalled) => state.AwaitsDeadline
        ? (state, new ConvergenceDecision.GoOn("the ladder is at its end, the deadline is not"))
        : (state with { AwaitsDeadline = true }, new ConvergenceDecision.AwaitDeadline(Text(
            $"{stalled}; {Need(sight, needMs)}; the policy has nothing left to do, and the deadline is {sight.DeadlineIn.TotalMinutes:0.#} min away")));

    /// <summary>Near enough that what is left, sent now, is still in time.</summary>
    private static bool IsNear(PreCopySight sight, double needMs) =>
        // Before anything was measured only the clock counts.
        sight.DeadlineIn.TotalMilliseconds <= NearMs(sight) + (double.IsFinite(needMs) ? needMs : 0);

    private static double NearMs(PreCopySight sight) => Math.Max(
        (sight.Elapsed + sight.DeadlineIn).TotalMilliseconds * Limits.Convergence.NearPercent / 100,
        Limits.Convergence.NearMsMin);

    /// <summary>
    /// The whole ladder at once. It is given up only at the very end: what is left is an estimate within a round, and the
    /// line's first figures are no good.
    /// </summary>
    private static (ConvergenceState State, ConvergenceDecision Decision) AtDeadline(
        ConvergenceRules rules, ConvergenceState state, PreCopySight sight, double needMs)
    {
        var why = Text($"the deadline is {sight.DeadlineIn.TotalSeconds:0.#} s away; {Need(sight, needMs)}");
        if (needMs <= Math.Min(rules.DowntimeLimitMsMax, sight.DeadlineIn.TotalMilliseconds))
            return SwitchOver(state, rules.DowntimeLimitMsMax, why);
        if (rules.Ladder.Any(r => r.Step == LadderStep.PostCopy))
            return (state with { IsOver = true }, new ConvergenceDecision.PostCopy(why));
        return sight.DeadlineIn.TotalMilliseconds > NearMs(sight)
            ? (state, new ConvergenceDecision.GoOn("there is time for less to be left"))
            : (state with { IsOver = true }, new ConvergenceDecision.GiveUp(why));
    }

    private static (ConvergenceState State, ConvergenceDecision Decision) SwitchOver(
        ConvergenceState state, int limitMs, string why) => state.LimitMs == limitMs
        ? (state, new ConvergenceDecision.GoOn("it may switch over"))
        : (state with { LimitMs = limitMs }, new ConvergenceDecision.SwitchOver(limitMs, why));

    private static string Need(PreCopySight sight, double needMs) => double.IsFinite(needMs)
        ? Text($"{sight.Left / 1e6:0.0} MB left need {needMs:0} ms at {sight.BytesPerSecond * 8 / 1e6:0.#} Mbit/s")
        : Text($"{sight.Left / 1e6:0.0} MB are left");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
