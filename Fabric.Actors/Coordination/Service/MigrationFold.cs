using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// A migration's stream, folded for people. The stage is the machine's own evolution, so that what is shown is what the
/// machine acts on.
/// </summary>
internal sealed class MigrationFold
{
    private readonly List<RoundSummary> _rounds = [];
    private readonly List<AttemptSummary> _attempts = [];
    private readonly List<DecisionSummary> _decisions = [];
    private MigrationState _state = MigrationState.Initial;
    private MigrationEnded? _end;
    private long? _wireBytes;
    private DateTimeOffset? _ranAt;
    private double? _releaseMs;
    private (FailureReason Reason, string? Detail)? _last;

    public long Version { get; private set; }

    public long FirstSequence { get; private set; }

    public bool IsOver => _state.Stage.Kind == StageKind.Over;

    public void Add(RecordedEvent recorded)
    {
        var happened = (MigrationEvent)recorded.Event;
        _state = MigrationEvolution.Evolve(_state, happened);
        Version = recorded.Version;
        if (recorded.Version == 1)
            FirstSequence = recorded.Sequence;
        switch (happened)
        {
            case AttemptStarted e:
                _attempts.Add(new AttemptSummary(e.Attempt, e.At, null, null, null));
                _last = null;
                break;
            case RoundCompleted e:
                _rounds.Add(new RoundSummary(e.Attempt, e.Round, e.At));
                break;
            case DecisionTaken e:
                _decisions.Add(new DecisionSummary(e.Attempt, e.Decision, e.At));
                break;
            case SourceHandedOff e:
                _wireBytes = e.WireBytes;
                break;
            case Activated e:
                _ranAt = e.At;
                break;
            case CleanedUp { Side: Side.Source } e when _ranAt is { } ran:
                // A wall clock may have been set meanwhile.
                _releaseMs = Math.Max(0, (e.At - ran).TotalMilliseconds);
                break;
            case AttemptAbandoned e:
                _last = (e.Reason, e.Detail);
                if (_attempts.Count > 0)
                    _attempts[^1] = _attempts[^1] with { Reason = e.Reason, Detail = e.Detail, AbandonedAt = e.At };
                break;
            case CommitReverted e:
                _last = (e.Reason, e.Detail);
                break;
            case HeldForOperator e:
                _last = (e.Reason, e.Detail);
                break;
            case MigrationEnded e:
                _end = e;
                _last = e.Reason is { } reason ? (reason, e.Detail) : null;
                break;
        }
    }

    /// <summary>Null when the stream holds nothing.</summary>
    public MigrationSummary? Summary(bool whole, LiveTransfer? live)
    {
        if (_state.Stage is not Begun begun)
            return null;
        var plan = begun.Plan;
        return new MigrationSummary
        {
            Id = plan.Id,
            Vm = plan.Spec.Id,
            Source = plan.Source,
            Target = plan.Target,
            Stage = begun.Kind,
            Version = Version,
            Attempt = begun.CurrentAttempt,
            Policy = plan.Policy,
            StartedAt = begun.StartedAt,
            EndedAt = _end?.At,
            Outcome = _end?.Outcome,
            Keeper = _end?.Keeper,
            Reason = _last?.Reason,
            Detail = _last?.Detail ?? _end?.Detail,
            Advice = _last is { } last ? Failures.AdviceFor(last.Reason) : null,
            Downtime = (_end?.Downtime ?? (begun as InActivation)?.Downtime) is { } downtime
                ? downtime with { ReleaseMs = _releaseMs }
                : null,
            RoundsDone = _rounds.Count,
            Rounds = whole ? [.. _rounds] : null,
            Decisions = whole ? [.. _decisions] : null,
            Attempts = whole ? [.. _attempts] : null,
            WireBytes = _wireBytes,
            Transfer = live?.Seen,
            HeldAt = IsOver ? null : live?.HeldAt,
            Line = _end is null ? live?.Line : null,
        };
    }
}
