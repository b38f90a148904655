using System.Globalization;

namespace Fabric.Protocol;

/// <summary>
/// Ownership and epoch of one VM. While a migration has it locked, this machine changes nothing: the migration's commit
/// and unlock are the only events that may come, and they come from there, with this stream's version expected (rule
/// 9).
/// <code>
///  NoVm -> Stopped -> Starting -> Running -> Locked(migration) -> Running
///             ^           |         |  |          |
///             +-----------+---------+  +-> Stopping -> Stopped
/// </code>
/// </summary>
public static class VmMachine
{
    private const long RetryMs = 1_000;

    /// <summary>
    /// A host tells a death at once, but the word may be lost; so a running VM is looked at once a minute.
    /// </summary>
    private const long LookMs = 60_000;

    /// <summary>What the input leads to.</summary>
    public static VmDecision Decide(VmState state, VmInput input, DateTimeOffset now) => (state, input) switch
    {
        (NoVm, CreateVm create) => Create(create, now),
        (KnownVm vm, CreateVm) =>
            Refuse(VmRefusalCode.Conflict, null, $"VM {vm.Spec.Id} exists already, at {vm.Owner}."),
        (NoVm, VmWoken or LifeReported or LifeRefused) => Nothing(),
        (NoVm, _) => Refuse(VmRefusalCode.NotFound, FailureReason.UnknownVm, "There is no such VM."),

        (StoppedVm vm, StartRequested) => Start(vm, now),
        (StartingVm or RunningVm, StartRequested) => Accept(),
        (KnownVm vm, StartRequested) => Conflict(vm, "started"),

        // What was given up with its host may run when the host is back.
        (StoppedVm vm, StopRequested { Force: true }) => Decided([], OrderStop(vm, force: true), new VmAnswer(null)),
        (StoppedVm, StopRequested) => Accept(),
        (StartingVm or RunningVm or StoppingVm, StopRequested stop) => Stop((KnownVm)state, stop, now),
        (KnownVm vm, StopRequested) => Conflict(vm, "stopped"),

        (StoppedVm, DeleteRequested) => Decided([new VmDeleted(now)], new VmAnswer(null)),
        (KnownVm vm, DeleteRequested) => Conflict(vm, "deleted"),

        (RunningVm vm, MigrateRequested ask) => Migrate(vm, ask, now),
        (LockedVm vm, MigrateRequested) => Refuse(
            VmRefusalCode.Conflict, FailureReason.AlreadyMigrating,
            $"Migration {vm.Migration} of {vm.Spec.Id} is under way."),
        (KnownVm vm, MigrateRequested) => Refuse(
            VmRefusalCode.Conflict, FailureReason.VmNotRunning, $"VM {vm.Spec.Id} is {NameOf(vm)}, not running."),

        (LockedVm, LifeReported or LifeRefused) => Nothing(),
        (LockedVm vm, VmWoken) => Decided([], new WakeMigration(vm.Migration)),
        (KnownVm vm, LifeReported told) => Heed(vm, told, now),
        (KnownVm vm, LifeRefused told) => HeedRefusal(vm, told, now),

        (StartingVm vm, VmWoken) => Decided([], OrderStart(vm), new WakeVmAfter(RetryMs)),
        (StoppingVm vm, VmWoken) => Decided([], OrderStop(vm, vm.Force), new WakeVmAfter(RetryMs)),
        (RunningVm vm, VmWoken) => Decided(
            [], new SendLifeOrder(vm.Owner, new ObserveVm(StampOf(vm))), new WakeVmAfter(LookMs)),
        (StoppedVm, VmWoken) => Nothing(),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input, "not an input of a VM"),
    };

    /// <summary>The state after the event.</summary>
    /// <exception cref="InvalidOperationException">The event cannot happen in this state: the journal is not one
    /// history.</exception>
    public static VmState Evolve(VmState state, VmEvent happened) => (state, happened) switch
    {
        (NoVm s, VmCreated e) => new StoppedVm(s.Version + 1, e.Spec, e.Owner, s.Epoch, null, null),
        (StoppedVm s, VmStartOrdered e) => new StartingVm(s.Version + 1, s.Spec, s.Owner, e.Epoch),
        (StartingVm s, VmStarted) => new RunningVm(s.Version + 1, s.Spec, s.Owner, s.Epoch),
        (StartingVm or RunningVm or StoppingVm, VmStopOrdered e) =>
            With((KnownVm)state, s => new StoppingVm(s.Version + 1, s.Spec, s.Owner, s.Epoch, e.Force)),
        (StartingVm or RunningVm or StoppingVm, VmStopped e) =>
            With((KnownVm)state, s => new StoppedVm(s.Version + 1, s.Spec, s.Owner, s.Epoch, e.Reason, e.Detail)),
        (StoppedVm s, VmDeleted) => new NoVm(s.Version + 1, s.Epoch),
        (RunningVm s, VmLocked e) => new LockedVm(s.Version + 1, s.Spec, s.Owner, s.Epoch, e.Migration, e.Target),
        (LockedVm s, OwnershipMoved e) when e.Migration == s.Migration && e.Epoch > s.Epoch =>
            s with { Version = s.Version + 1, Owner = e.Owner, Epoch = e.Epoch },
        (LockedVm s, VmUnlocked { Running: true } e) when e.Migration == s.Migration =>
            new RunningVm(s.Version + 1, s.Spec, s.Owner, s.Epoch),
        (LockedVm s, VmUnlocked e) when e.Migration == s.Migration =>
            new StoppedVm(s.Version + 1, s.Spec, s.Owner, s.Epoch, ReasonOf(e), $"found dead in {s.Migration}"),
        _ => throw new InvalidOperationException(
            $"{happened.GetType().Name} cannot happen to a VM that is {NameOf(state)}: this is not one history"),
    };

    /// <summary>The state's name as users see it.</summary>
    public static string NameOf(VmState state) => state switch
    {
        NoVm => "undefined",
        StoppedVm { Reason: null } => "stopped",
        StoppedVm => "crashed",
        StartingVm => "starting",
        RunningVm => "running",
        StoppingVm => "stopping",
        LockedVm => "migrating",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of a VM"),
    };

    /// <summary>A guest that turned itself off did not crash.</summary>
    private static FailureReason? ReasonOf(VmUnlocked unlocked) =>
        unlocked.Reason is FailureReason.GuestShutDown ? null : unlocked.Reason ?? FailureReason.SourceVmDied;

    private static VmState With(KnownVm vm, Func<KnownVm, VmState> make) => make(vm);

    private static Stamp StampOf(KnownVm vm) => Stamp.OfLife(vm.Spec.Id, vm.Epoch);

    private static VmDecision Create(CreateVm create, DateTimeOffset now)
    {
        var faults = create.Spec.Faults();
        return faults.Count > 0
            ? Refuse(VmRefusalCode.Invalid, FailureReason.SpecInvalid, string.Join("; ", faults))
            : Decided([new VmCreated(create.Spec, create.Host, now)], new VmAnswer(null));
    }

    private static VmDecision Start(StoppedVm vm, DateTimeOffset now)
    {
        var started = new VmStartOrdered(vm.Epoch + 1, now);
        return Decided(
            [started], OrderStart((StartingVm)Evolve(vm, started)), new VmAnswer(null), new WakeVmAfter(RetryMs));
    }

    private static VmDecision Stop(KnownVm vm, StopRequested stop, DateTimeOffset now) =>
        vm is StoppingVm { Force: var force } && (force || !stop.Force)
            ? Accept()
            : Decided(
                [new VmStopOrdered(stop.Force, now)], OrderStop(vm, stop.Force), new VmAnswer(null),
                new WakeVmAfter(RetryMs));

    private static VmDecision Migrate(RunningVm vm, MigrateRequested ask, DateTimeOffset now)
    {
        if (ask.Target == vm.Owner)
            return Refuse(VmRefusalCode.Invalid, FailureReason.SameHost, $"VM {vm.Spec.Id} is at {vm.Owner} already.");
        var term = vm.Version + 1;
        var id = MigrationId.Of(string.Create(CultureInfo.InvariantCulture, $"{vm.Spec.Id}-m{term}"));
        var plan = new MigrationPlan(id, vm.Owner, ask.Target, vm.Epoch, term, vm.Spec, ask.Policy)
        {
            Network = vm.Spec.Network is { Kind: not NetworkKind.None } && ask.Network is { } ends
                ? ends with { Tunnel = NetworkEnds.TunnelOf(id) }
                : null,
        };
        return new VmDecision(
            [new VmLocked(id, ask.Target, now)],
            new MigrationRequested(plan, now),
            [new VmAnswer(null), new WakeMigration(id)]);
    }

    /// <summary>A report under another epoch, or from a host that does not own the VM, is history.</summary>
    private static VmDecision Heed(KnownVm vm, LifeReported told, DateTimeOffset now)
    {
        if (told.Host != vm.Owner || told.Report.Stamp.Epoch != vm.Epoch)
            return Nothing();
        return (vm, told.Report.View) switch
        {
            (StartingVm, LifeView.Running) => Decided([new VmStarted(now)], new WakeVmAfter(LookMs)),
            (StartingVm or RunningVm or StoppingVm, LifeView.Stopped) =>
                Decided([new VmStopped(null, told.Report.Detail, now)]),
            (StartingVm or RunningVm or StoppingVm, LifeView.Dead) =>
                Decided([new VmStopped(told.Report.Reason ?? FailureReason.SourceVmDied, told.Report.Detail, now)]),
            (RunningVm or StoppingVm, LifeView.Absent) =>
                Decided([new VmStopped(FailureReason.SourceVmDied, $"{vm.Owner} has no such VM in its ledger", now)]),
            (StartingVm, LifeView.Absent or LifeView.Starting) => Nothing(),
            (RunningVm or StoppingVm, LifeView.Running or LifeView.Starting) => Nothing(),
            (StoppedVm, LifeView.Starting or LifeView.Running or LifeView.Stopped or LifeView.Dead
                or LifeView.Absent) => Nothing(),
            _ => throw new ArgumentOutOfRangeException(nameof(told), told, "not a view of a VM's life"),
        };
    }

    private static VmDecision HeedRefusal(KnownVm vm, LifeRefused told, DateTimeOffset now) =>
        told.Host == vm.Owner && told.Refused.Stamp.Epoch == vm.Epoch && vm is StartingVm
            ? Decided([new VmStopped(FailureReason.NewerEpochSeen, told.Refused.Detail, now)])
            : Nothing();

    private static SendLifeOrder OrderStart(StartingVm vm) => new(vm.Owner, new StartVm(StampOf(vm), vm.Spec));

    private static SendLifeOrder OrderStop(KnownVm vm, bool force) => new(vm.Owner, new StopVm(StampOf(vm), force));

    private static VmDecision Conflict(KnownVm vm, string verb) =>
        Refuse(VmRefusalCode.Conflict, null, $"VM {vm.Spec.Id} is {NameOf(vm)} and cannot be {verb} now.");

    private static VmDecision Refuse(VmRefusalCode code, FailureReason? reason, string detail) =>
        Decided([], new VmAnswer(new VmRefusal(code, reason, detail)));

    private static VmDecision Accept() => Decided([], new VmAnswer(null));

    private static VmDecision Nothing() => Decided([]);

    private static VmDecision Decided(IReadOnlyList<VmEvent> events, params VmEffect[] effects) =>
        new(events, null, effects);
}
