using System.Collections.Immutable;

namespace Fabric.Protocol;

/// <summary>What a transfer's hypervisor is held to right now.</summary>
/// <param name="BandwidthMax">Bytes of its stream a second; 0 is unlimited.</param>
/// <param name="DowntimeLimitMs">At which the hypervisor switches over by itself.</param>
/// <param name="ThrottlePercent">Of the guest's time.</param>
public sealed record TransferLimits(long BandwidthMax, int DowntimeLimitMs, int ThrottlePercent);

/// <summary>A transfer under way, as its pilot knows it.</summary>
/// <param name="Policy">What is asked for; may change while it runs.</param>
/// <param name="Share">What the host's line has for it, bytes a second; 0 is no limit.</param>
/// <param name="LineShare">What the link between the two sites has for it, bytes a second; 0 is no limit.</param>
/// <param name="Began">When it began to send.</param>
/// <param name="Deadline">When the coordinator gives the migration up.</param>
/// <param name="Rate">The rate of this round on the wire, bytes a second; 0 is unlimited.</param>
/// <param name="Convergence">Where the policy stands.</param>
/// <param name="Last">The last numbers.</param>
/// <param name="RoundBegan">When this round began.</param>
/// <param name="Decisions">Told so far.</param>
/// <param name="Packing">Bytes of the hypervisor's stream for one on the wire, as last weighed; 1 before.</param>
/// <param name="Weighed">What page work had done when that was weighed.</param>
public sealed record PilotState(
    TransferPolicy Policy, long Share, long LineShare, TimeSpan Began, TimeSpan Deadline, long Rate,
    ConvergenceState Convergence, TransferProgress? Last, TimeSpan RoundBegan, int Decisions, double Packing = 1,
    PageWorkProgress? Weighed = null)
{
    /// <summary>What its hypervisor is held to: its own limit is but a guard around the rate on the wire.</summary>
    public TransferLimits Limits => new(
        RateGuard.Of(Rate, Packing), Policy.Convergence is null ? Policy.DowntimeLimitMs : Convergence.LimitMs,
        Convergence.ThrottlePercent);

    /// <summary>The maximum that holds: the least of the policy's own and what the two lines have for it.</summary>
    public long Max => new[] { Policy.BandwidthMax, Share, LineShare }.Where(max => max > 0).DefaultIfEmpty().Min();
}

/// <summary>What the pilot hears. Closed.</summary>
public abstract record PilotInput;

/// <summary>A round ended.</summary>
public sealed record PilotRound(Round Round) : PilotInput;

/// <summary>Numbers, some times a second.</summary>
public sealed record PilotProgress(TransferProgress Progress) : PilotInput;

/// <summary>An operator has another wish.</summary>
public sealed record PilotPolicy(TransferPolicy Policy) : PilotInput;

/// <summary>The host's line has another share for it.</summary>
public sealed record PilotShare(long BytesPerSecond) : PilotInput;

/// <summary>The link between the two sites has another share for it.</summary>
public sealed record PilotLineShare(long BytesPerSecond) : PilotInput;

/// <summary>What is to be done: nothing, or new limits, told with reasons; and the end of the attempt.</summary>
/// <param name="State">The state after it.</param>
/// <param name="Told">Decisions, to be told to the coordinator.</param>
/// <param name="GiveUp">Why the attempt is to end; null when it is not.</param>
public sealed record PilotStep(PilotState State, ImmutableArray<TransferDecision> Told, string? GiveUp);

/// <summary>
/// The source's half of rate and convergence, as a pure function: hears of rounds and numbers, keeps Clark's rate and
/// the policy's ladder, and says what the hypervisor is to be held to. Setting the same limits twice does no harm, so
/// whoever lost an answer sets them again.
/// </summary>
public static class TransferPilot
{
    // A round that was shorter says little about the line: its bytes are in some socket's buffer.
    private const int RoundMsMin = 100;

    /// <summary>Begins.</summary>
    /// <param name="policy">What is asked for.</param>
    /// <param name="share">What the host's line has for it; 0 is no limit.</param>
    /// <param name="lineShare">What the link between the two sites has for it; 0 is no limit.</param>
    /// <param name="deadlineIn">Until the migration is given up.</param>
    /// <param name="now">On whatever clock the caller has.</param>
    public static PilotState Begin(
        TransferPolicy policy, long share, long lineShare, TimeSpan deadlineIn, TimeSpan now)
    {
        var state = new PilotState(
            policy, share, lineShare, now, now + deadlineIn, 0, ConvergenceState.Initial, null, now, 0);
        return state with { Rate = AdaptiveRate.First(policy.BandwidthMin, state.Max) };
    }

    /// <summary>What an input leads to.</summary>
    public static PilotStep Step(PilotState state, PilotInput input, TimeSpan now) => input switch
    {
        PilotRound(var round) => Ended(state, round, now),
        PilotProgress(var progress) => Seen(Weigh(state with { Last = progress }, progress.PageWork), now),
        PilotPolicy(var policy) => Changed(state, Under(state, policy, now), "asked for"),
        PilotShare(var share) => Changed(state, state with { Share = share }, "the line's share"),
        PilotLineShare(var share) => Changed(state, state with { LineShare = share }, "the share of the link between the sites"),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input, "not an input of a pilot"),
    };

    private static PilotStep Ended(PilotState state, Round round, TimeSpan now)
    {
        var turn = new Turn(state with { RoundBegan = now });
        var dirtying = round.DirtyPagesPerSecond * Limits.Guest.PageSize;
        turn.SetRate(
            AdaptiveRate.Next(state.Rate, state.Policy.BandwidthMin, state.Max, dirtying),
            $"the guest dirtied {dirtying * 8.0 / 1e6:0.#} Mbit/s in round {round.Number}");
        turn.Converge(SightOf(state, now, round, (round.DirtyPages * Limits.Guest.PageSize) + DisksLeft(state)));
        return turn.Done();
    }

    /// <summary>Another ladder is climbed from its foot; what did not change does not begin anew.</summary>
    private static PilotState Under(PilotState state, TransferPolicy policy, TimeSpan now)
    {
        var before = state.Policy;
        var sameRules = (before.Convergence, before.DowntimeLimitMs, before.DowntimeLimitMsMost)
            == (policy.Convergence, policy.DowntimeLimitMs, policy.DowntimeLimitMsMost);
        return policy.Convergence is not { } named || sameRules || state.Convergence.IsOver
            ? state with { Policy = policy }
            : state with
            {
                Policy = policy,
                Convergence = state.Convergence.Under(policy.Rules(named), now - state.Began),
            };
    }

    /// <summary>How the stream packs now, from what page work did since it was last weighed.</summary>
    private static PilotState Weigh(PilotState state, PageWorkProgress? work)
    {
        var (before, after) = (state.Weighed?.BytesBefore ?? 0, state.Weighed?.BytesAfter ?? 0);
        if (work is null || work.BytesBefore - before < Limits.Rate.WeighedBytesMin)
            return state;
        var packing = Math.Min(
            (work.BytesBefore - before) / (double)Math.Max(1, work.BytesAfter - after), Limits.Rate.PackingMax);
        state = state with { Weighed = work };
        return RateGuard.IsClose(packing, state.Packing) ? state : state with { Packing = packing };
    }

    /// <summary>Between two rounds' ends. What was dirtied since the round began is not counted yet, so it is guessed.</summary>
    private static PilotStep Seen(PilotState state, TimeSpan now)
    {
        var turn = new Turn(state);
        var last = state.Last!;
        var dirtied = last.DirtyPagesPerSecond * Limits.Guest.PageSize * (now - state.RoundBegan).TotalSeconds;
        // Of pages that are dirty in both, one is counted twice: no more than all can be left.
        turn.Converge(SightOf(
            state, now, null, (long)Math.Min(last.RemainingBytes + dirtied, last.TotalBytes) + DisksLeft(state)));
        return turn.Done();
    }

    /// <summary>
    /// The last round of local disks is copied in the pause too, before the last pages and over the same line. The
    /// hypervisor knows nothing of it, so it is held back until both fit.
    /// </summary>
    private static long DisksLeft(PilotState state) => state.Last?.Disks?.Sum(static d => d.LeftBytes) ?? 0;

    private static PilotStep Changed(PilotState before, PilotState after, string why)
    {
        var turn = new Turn(after);
        var (min, max) = (after.Policy.BandwidthMin, after.Max);
        var sameRule = before.Policy.BandwidthMin == min;
        // A rule that is new begins anew; else the rate stays what it has grown to, within the new maximum.
        var rate = sameRule && min > 0 && before.Rate > 0
            ? max == 0 ? before.Rate : Math.Min(before.Rate, max)
            : AdaptiveRate.First(min, max);
        turn.SetRate(rate, $"{why}");
        return turn.Done();
    }

    private static PreCopySight SightOf(PilotState state, TimeSpan now, Round? round, long left)
    {
        var measured = state.Last?.BytesPerSecond ?? 0;
        var carries = round switch
        {
            null => measured,
            { DurationMs: >= RoundMsMin, BytesPerSecond: > 0 } => round.BytesPerSecond,
            _ => Math.Max(measured, round.BytesPerSecond),
        };
        // A line that carries less than it may is itself the limit. The rate is on the wire, and so is what fills it.
        var fills = state.Last?.Link is { } link ? link.BytesPerSecond : carries;
        var mayRise = !AdaptiveRate.IsAtMost(state.Rate, state.Policy.BandwidthMin, state.Max)
            && fills >= state.Rate / 100.0 * Limits.Rate.FilledPercent;
        return new PreCopySight(
            left, carries, now - state.Began, state.Deadline - now, round, state.Last?.TotalBytes ?? long.MaxValue / 4,
            state.Last?.TransferredBytes ?? 0, mayRise);
    }

    private sealed class Turn(PilotState state)
    {
        private readonly ImmutableArray<TransferDecision>.Builder _told = ImmutableArray.CreateBuilder<TransferDecision>();
        private PilotState _state = state;
        private string? _giveUp;

        public PilotStep Done() => new(_state, _told.ToImmutable(), _giveUp);

        public void SetRate(long rate, FormattableString why)
        {
            if (rate == _state.Rate)
                return;
            _state = _state with { Rate = rate };
            Tell(DecisionKind.Rate, rate, FormattableString.Invariant(why));
        }

        public void Converge(PreCopySight sight)
        {
            if (_state.Policy.Convergence is not { } policy)
                return;
            var (next, decision) = ConvergenceMachine.Decide(_state.Policy.Rules(policy), _state.Convergence, sight);
            _state = _state with { Convergence = next };
            switch (decision)
            {
                case ConvergenceDecision.GoOn:
                    break;
                case ConvergenceDecision.SwitchOver d:
                    Tell(DecisionKind.SwitchOver, d.LimitMs, d.Why);
                    break;
                case ConvergenceDecision.RaiseRate d:
                    SetRate(AdaptiveRate.Raised(_state.Rate, _state.Max), $"{d.Why}");
                    break;
                case ConvergenceDecision.Throttle d:
                    Tell(DecisionKind.Throttle, d.Percent, d.Why);
                    break;
                case ConvergenceDecision.RaiseDowntime d:
                    Tell(DecisionKind.RaiseDowntime, d.LimitMs, d.Why);
                    break;
                case ConvergenceDecision.PostCopy d:
                    Tell(DecisionKind.PostCopy, 0, d.Why);
                    break;
                case ConvergenceDecision.AwaitDeadline d:
                    Tell(DecisionKind.AwaitDeadline, 0, d.Why);
                    break;
                case ConvergenceDecision.GiveUp d:
                    Tell(DecisionKind.GiveUp, 0, d.Why);
                    _giveUp = d.Why;
                    break;
                default:
                    throw new InvalidOperationException($"{decision.GetType().Name} is not a decision");
            }
        }

        private void Tell(DecisionKind kind, long value, string why)
        {
            if (_state.Decisions == Limits.Convergence.DecisionsMax)
                return;
            _state = _state with { Decisions = _state.Decisions + 1 };
            _told.Add(new TransferDecision(
                _state.Decisions, kind, value,
                why.Length <= Limits.Convergence.WhyLengthMax ? why : why[..Limits.Convergence.WhyLengthMax]));
        }
    }
}
