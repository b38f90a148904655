namespace Fabric.Protocol;

/// <summary>What each event makes of a migration's state. The only place that changes one.</summary>
public static class MigrationEvolution
{
    /// <summary>The state after the event.</summary>
    /// <exception cref="InvalidOperationException">The event cannot happen in this state: the journal is not one
    /// history.</exception>
    public static MigrationState Evolve(MigrationState state, MigrationEvent happened) => (state.Stage, happened) switch
    {
        (Begun, SightLost lost) => state with { Sight = Lost(state, lost.At), AskedSince = lost.At },
        (Begun, SourceSighted { View: SourceView.Unknown }) when state.SourceGone => state,
        (Begun, TargetSighted { View: TargetView.Unknown }) when state.TargetGone => state,
        (Begun, SourceSighted seen) => state with { Sight = state.Sight.Seen(seen) },
        (Begun, TargetSighted seen) => state with { Sight = state.Sight.Seen(seen) },
        (Begun, LineSighted seen) => state with
        {
            Line = seen.Line,
            AskedSince = state.Line is { Held: true } && !seen.Line.Held ? seen.At : state.AskedSince,
        },
        (Begun, CommitTimed seen) => state with { Sight = state.Sight with { CommitNoteMs = seen.Ms } },
        (InPreMigration, PrecheckPassed passed) => state with
        {
            Sight = passed.Side == Side.Source
                ? state.Sight with { SourceChecked = true, DisksFound = passed.Disks }
                : state.Sight with { TargetChecked = true },
        },

        (Unstarted, MigrationRequested e) =>
            new MigrationState(new InPreMigration(e.Plan, e.At), Sight.Lost(e.At), e.Plan.Term),
        (InPreCopy or InStopAndCopy or InRollback, SourceDeclaredGone e) =>
            state with { SourceGone = true, Sight = state.Sight.WithSourceGone(e.At) },
        (InPreCopy or InStopAndCopy or InRollback or OnHold, SourceCameBack e) => state with
        {
            SourceGone = false,
            Sight = state.Sight with { Source = SourceView.Unknown, SourceSince = e.At },
        },
        (InCommitment or InActivation, TargetDeclaredGone e) =>
            state with { TargetGone = true, Sight = state.Sight.WithTargetGone(e.At) },
        (InCommitment or InActivation or OnHold { HeldFrom: not null }, TargetCameBack e) => state with
        {
            TargetGone = false,
            Stage = (state.Stage as OnHold)?.HeldFrom ?? state.Stage,
            Sight = state.Sight with { Target = TargetView.Unknown, TargetSince = e.At },
        },
        (InPreMigration or InRollback, AttemptStarted e) => Enter(
            state with
            {
                Sight = Sight.Lost(e.At),
                SourceGone = false,
                Disks = e.Disks ?? state.Disks,
                LineTimeoutMs = e.LineTimeoutMs ?? state.LineTimeoutMs,
            },
            b => new InReservation(b.Plan, b.StartedAt, e.At, e.Attempt)),
        (InReservation s, TargetReserved e) =>
            Enter(state, b => new InStorageSync(b.Plan, b.StartedAt, e.At, s.Attempt)),
        (InStorageSync s, StorageReady e) => Enter(state, b => new InPreCopy(b.Plan, b.StartedAt, e.At, s.Attempt, 0)),
        (InPreCopy s, RoundCompleted) => state with { Stage = s with { RoundsDone = s.RoundsDone + 1 } },
        (InStopAndCopy or InRollback, RoundCompleted) => state,
        (InPreCopy s, DecisionTaken e) => state with { Stage = s with { DecisionsDone = e.Decision.Number } },
        (InPreCopy s, TransferPolicyChanged e) =>
            state with { Stage = s with { Plan = Sending(s.Plan, e.Policy), Adjusted = true } },
        (InPreMigration or InReservation or InStorageSync or InRollback, TransferPolicyChanged e) =>
            Enter(state, b => b with { Plan = Sending(b.Plan, e.Policy) }),
        (InPreCopy s, SourcePaused e) =>
            Enter(state, b => new InStopAndCopy(b.Plan, b.StartedAt, e.At, s.Attempt, null, null, null)),
        (InStopAndCopy s, SourceHandedOff e) =>
            state with
            {
                Stage = s with
                {
                    HandedOffAt = e.At,
                    HypervisorDowntimeMs = e.HypervisorDowntimeMs,
                    HandOff = e.Times,
                },
            },
        (InStopAndCopy s, TargetLoaded e) => state with { Stage = s with { LoadedAt = e.At } },
        (InRollback or OnHold, SourceHandedOff { Dead: true } e) => Enter(state, b => new InStopAndCopy(
            b.Plan, b.StartedAt, e.At, b.CurrentAttempt, e.At, null, e.HypervisorDowntimeMs)),
        (InStopAndCopy s, Committed e) => Enter(Moved(state), b => new InCommitment(
            b.Plan, b.StartedAt, e.At, s.Attempt, e.Epoch,
            new SwitchoverTimes(s.Since, s.HandedOffAt ?? e.At, s.LoadedAt ?? e.At, s.HypervisorDowntimeMs)
            {
                HandOff = s.HandOff,
            })),
        (InCommitment s, Activated e) => Enter(state, b => new InActivation(
            b.Plan, b.StartedAt, e.At, s.Attempt, s.CommittedEpoch, DowntimeOf(s.Times, e))),
        (InAttempt s and (InReservation or InStorageSync or InPreCopy or InStopAndCopy or InRollback),
            AttemptAbandoned e) =>
            Enter(state, b => new InRollback(
                b.Plan, b.StartedAt, s is InRollback earlier ? earlier.Since : e.At, s.Attempt, e.Reason, e.Detail)),
        (OnHold s, AttemptAbandoned e) when s.HeldEpoch == s.Plan.Epoch => Enter(state, b => new InRollback(
            b.Plan, b.StartedAt, e.At, s.Attempt, e.Reason, e.Detail)),
        (InRollback, RolledBack) => state,
        (InCommitment or OnHold, CommitReverted e) => Enter(Moved(state), b => new InReversal(
            b.Plan, b.StartedAt, e.At, b.CurrentAttempt, e.Epoch, e.Reason, e.Detail)),
        (Begun, HeldForOperator e) => Enter(state, b => new OnHold(
            b.Plan, b.StartedAt, e.At, b.CurrentAttempt, b.Epoch, e.Reason, e.Detail)
        {
            HeldFrom = state.TargetGone && b is (InCommitment or InActivation) ? b : null,
        }),
        (Begun and not (InCleanUp or Over), MigrationEnded e) => Enter(Moved(state), b => AfterEnd(b, e)),
        (InCleanUp s, CleanedUp e) => Enter(state, b => new Over(b.Plan, b.StartedAt, e.At, s.Attempt)),
        _ => throw new InvalidOperationException(
            $"{happened.GetType().Name} cannot happen in stage {state.Stage.Kind}: this is not one history"),
    };

    private static Sight Lost(MigrationState state, DateTimeOffset at)
    {
        var sight = state.SourceGone ? Sight.Lost(at).WithSourceGone(at) : Sight.Lost(at);
        return state.TargetGone ? sight.WithTargetGone(at) : sight;
    }

    private static MigrationState Enter(MigrationState state, Func<Begun, MigrationStage> make) =>
        state with { Stage = make((Begun)state.Stage) };

    private static MigrationPlan Sending(MigrationPlan plan, TransferPolicy policy) =>
        plan with { Policy = plan.Policy with { Transfer = policy } };

    /// <summary>The same transaction appends one event to the VM's stream.</summary>
    private static MigrationState Moved(MigrationState state) => state with { VmVersion = state.VmVersion + 1 };

    private static MigrationStage AfterEnd(Begun stage, MigrationEnded end) => end.Outcome switch
    {
        MigrationOutcome.Refused => new Over(stage.Plan, stage.StartedAt, end.At, 0),
        MigrationOutcome.Completed => new InCleanUp(
            stage.Plan, stage.StartedAt, end.At, stage.CurrentAttempt, stage.Epoch, Side.Source),
        MigrationOutcome.RolledBack or MigrationOutcome.Lost when stage.CurrentAttempt == 0 =>
            new Over(stage.Plan, stage.StartedAt, end.At, 0),
        MigrationOutcome.RolledBack or MigrationOutcome.Lost => new InCleanUp(
            stage.Plan, stage.StartedAt, end.At, stage.CurrentAttempt, stage.Epoch, Side.Target),
        _ => throw new InvalidOperationException($"{end.Outcome} is not an outcome"),
    };

    private static Downtime DowntimeOf(SwitchoverTimes times, Activated activated)
    {
        var ready = times.HandedOffAt > times.LoadedAt ? times.HandedOffAt : times.LoadedAt;
        var note = activated.Times?.NoteMs ?? 0;
        var run = activated.Times?.RunMs ?? 0;
        var network = activated.Times?.NetworkMs;
        return new Downtime(
            (activated.At - times.PausedAt).TotalMilliseconds,
            (times.HandedOffAt - times.PausedAt).TotalMilliseconds,
            Math.Max(0, (times.LoadedAt - times.HandedOffAt).TotalMilliseconds),
            Math.Max(0, (activated.At - ready).TotalMilliseconds - note - run - (network ?? 0)),
            note,
            run,
            times.HypervisorMs)
        {
            DisksMs = times.HandOff?.DisksMs,
            LastBytesMs = times.HandOff?.LastBytesMs,
            HandOffNoteMs = times.HandOff?.NoteMs,
            CommitNoteMs = activated.CommitNoteMs,
            NetworkMs = network,
        };
    }
}
