using Fabric.Actors.Coordination;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Plans;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <content>What the plan does to the fabric, and how each of it ends.</content>
internal sealed partial class SimWorld
{
    private readonly List<Action> _undos = [];
    private readonly List<Fault> _inStage = [];
    private readonly Dictionary<int, List<Fault>> _atStep = [];
    private bool _restored;
    private int _timedToCome;
    private bool _armed;

    /// <summary>What was done, and in which durable stage of its VM's migration; null outside of one.</summary>
    public List<(Fault Fault, StageKind? Stage)> Injected { get; } = [];

    /// <summary>The faults' time has begun and is not over, in a run that has some.</summary>
    public bool FaultsCome => _armed && Plan.Faults.Count > 0;

    private void Arm()
    {
        (_armed, _step) = (true, 0);
        foreach (var fault in Plan.Faults)
        {
            if (fault.When.Step > 0)
            {
                if (!_atStep.TryGetValue(fault.When.Step, out var there))
                    _atStep[fault.When.Step] = there = [];
                there.Add(fault);
            }
            else if (fault.When.Stage != StageKind.Unstarted)
            {
                _inStage.Add(fault);
            }
            else
            {
                _timedToCome++;
                Scheduler.After(fault.When.DelayUs * 10, () =>
                {
                    _timedToCome--;
                    Inject(fault);
                });
            }
        }
    }

    /// <summary>A stage was entered. Of two faults of a kind for it the second waits until it is entered again.</summary>
    private void FaultsOf(Begun stage)
    {
        var kinds = new HashSet<FaultKind>();
        for (var i = _inStage.Count - 1; i >= 0; i--)
        {
            var fault = _inStage[i];
            if (fault.When.Stage != stage.Kind || VmAt(fault.Vm) != stage.Plan.Spec.Id || !kinds.Add(fault.Kind))
                continue;
            _inStage.RemoveAt(i);
            _timedToCome++;
            Scheduler.After(fault.When.DelayUs * 10, () =>
            {
                _timedToCome--;
                Inject(fault);
            });
        }
    }

    private void Stepped()
    {
        if (!_armed)
            return;
        _step++;
        // Not within the act itself: it is done first.
        if (_atStep.Remove(_step, out var faults))
            faults.ForEach(f => Scheduler.After(0, () => Inject(f)));
    }

    private void Inject(Fault fault)
    {
        if (!_armed)
            return;
        var vm = VmAt(fault.Vm);
        var active = ActiveOf(vm);
        var owner = (VmState(vm) as KnownVm)?.Owner ?? _hosts[0].Id;
        var source = HostOf(active?.Plan.Source ?? owner);
        var target = active is null ? _hosts[(source.Number + 1) % _hosts.Count] : HostOf(active.Plan.Target);
        var host = fault.Role == Role.Target ? target : source;
        if (!Applies(fault, host, vm))
            return;
        Injected.Add((fault, active?.Kind));
        Disturbed();
        if (_trace is not null)
            Say($"FAULT    {fault} (at {host.Id}, stage {active?.Kind.ToString() ?? "none"})");
        Inject(fault, host, vm, active);
    }

    private bool Applies(Fault fault, SimHost host, VmId vm) => fault.Kind switch
    {
        FaultKind.AgentKilled or FaultKind.PowerLost or FaultKind.AgentStopped or FaultKind.AgentSlow => host.IsUp,
        FaultKind.VmKilled => Hypervisors.At(host.Id, vm) is not null,
        FaultKind.GuestShutsDown or FaultKind.GuestCrashes => Hypervisors.At(host.Id, vm) is { Run: RunState.Running },
        FaultKind.TransferFails =>
            Hypervisors.At(host.Id, vm) is { Phase: MigrationPhase.Active or MigrationPhase.Device } machine && machine.Transfer?.Source == machine,
        FaultKind.LoadFails => Hypervisors.At(host.Id, vm) is { Incoming: true, Phase: MigrationPhase.Active },
        FaultKind.CoordinatorKilled or FaultKind.CoordinatorPowerLost or FaultKind.CoordinatorReplaced
            or FaultKind.CoordinatorStopped or FaultKind.CoordinatorSlow or FaultKind.JournalRestored =>
            Current is { Process.IsStopped: false },
        FaultKind.Cancelled or FaultKind.Recovered or FaultKind.RateAsked => Current is not null && ActiveOf(vm) is not null,
        FaultKind.VmStarted => Current is not null && !_restored,
        FaultKind.MigratedAgain or FaultKind.Drained or FaultKind.VmStopped or FaultKind.DirtyingAsked => Current is not null,
        _ => true,
    };

    private void Inject(Fault fault, SimHost host, VmId vm, Begun? active)
    {
        var lasts = fault.LastsMs;
        switch (fault.Kind)
        {
            case FaultKind.AgentKilled:
                KillAgent(host, power: false);
                Until(lasts, () => StartAgent(host));
                break;
            case FaultKind.PowerLost:
                KillAgent(host, power: true);
                foreach (var machine in Hypervisors.Machines.Where(m => m.Alive && m.Host == host.Id).ToList())
                    Acted($"{host.Id} loses {machine.Vm}", () => Hypervisors.End(machine, "the host lost its power"));
                Until(lasts, () => StartAgent(host));
                break;
            case FaultKind.AgentStopped:
                StopAgent(host, host.Agent!, lasts);
                break;
            case FaultKind.AgentSlow:
                Slow(host.Agent!.Process, lasts, fault.Count);
                break;
            case FaultKind.VmKilled:
                Acted($"{host.Id} {vm} is killed", () => Hypervisors.End(Hypervisors.At(host.Id, vm)!, "killed"));
                break;
            case FaultKind.MonitorHangs:
                host.MonitorsHangUntil = Scheduler.Now + SimScheduler.Ms(lasts);
                Until(lasts, () => host.MonitorsHangUntil = 0);
                break;
            case FaultKind.CommandsFail:
                host.FailCommands += fault.Count;
                Until(lasts, () => host.FailCommands = 0);
                break;
            case FaultKind.TransferFails:
                Acted($"{host.Id} {vm} fails to send", () => Hypervisors.Fail(Hypervisors.At(host.Id, vm)!));
                break;
            case FaultKind.LoadFails:
                Acted($"{host.Id} {vm} rejects", () => Hypervisors.End(Hypervisors.At(host.Id, vm)!, "device mismatch"));
                break;
            case FaultKind.StartRefused:
                host.RefuseStarts += fault.Count;
                Until(lasts, () => host.RefuseStarts = 0);
                break;
            case FaultKind.GuestShutsDown or FaultKind.GuestCrashes:
                var how = fault.Kind == FaultKind.GuestCrashes ? RunState.Broken : RunState.Shutdown;
                Acted($"{host.Id} {vm} guest {how}", () => Hypervisors.EndGuest(Hypervisors.At(host.Id, vm)!, how));
                break;
            case FaultKind.LinkCut or FaultKind.OrdersCut or FaultKind.ReportsCut or FaultKind.LinkReset:
                BreakLink(fault, host);
                break;
            case FaultKind.MailLost:
                host.LoseNext += fault.Count;
                break;
            case FaultKind.MailDoubled:
                host.DoubleNext += fault.Count;
                break;
            case FaultKind.MailReordered:
                host.ReorderNext += fault.Count;
                break;
            case FaultKind.DataCut:
                host.DataCut++;
                Transfers.CutBegan(host);
                Until(lasts, () =>
                {
                    host.DataCut--;
                    Transfers.CutEnded(host);
                });
                break;
            case FaultKind.DataReset:
                Transfers.BreakAll(host);
                break;
            case FaultKind.LedgerFull or FaultKind.LedgerFails or FaultKind.LedgerHangs or FaultKind.LedgerReplyLost
                or FaultKind.LedgerTorn:
                Spoil(host.Ledger, DiskFaultOf(fault.Kind), fault);
                break;
            case FaultKind.JournalFull or FaultKind.JournalFails or FaultKind.JournalHangs or FaultKind.JournalReplyLost
                or FaultKind.JournalTorn:
                Spoil(Journal, DiskFaultOf(fault.Kind), fault);
                break;
            case FaultKind.CoordinatorKilled or FaultKind.CoordinatorPowerLost or FaultKind.JournalRestored
                or FaultKind.CoordinatorStopped or FaultKind.CoordinatorReplaced:
                BreakCoordinator(fault);
                break;
            case FaultKind.CoordinatorSlow:
                Slow(Current!.Process, lasts, fault.Count);
                break;
            case FaultKind.ClockStepped:
                StepClock(fault, host);
                break;
            case FaultKind.Obstructed:
                host.Obstacle = FailureReason.HostBusy;
                Until(lasts, () => host.Obstacle = null);
                break;
            case FaultKind.Cancelled:
                Ask(EntityKinds.Migration, active!.Plan.Id.Value, new CancelRequested());
                break;
            case FaultKind.Recovered:
                Ask(EntityKinds.Migration, active!.Plan.Id.Value, new RecoverRequested());
                break;
            case FaultKind.MigratedAgain:
                var next = _hosts[(host.Number + fault.Count) % _hosts.Count];
                Ask(EntityKinds.Vm, vm.Value, Asked(host.Id, next.Id, Plan.Policy));
                break;
            case FaultKind.Drained:
                var elsewhere = _hosts[(host.Number + 1) % _hosts.Count];
                foreach (var known in _vms.Values.OfType<KnownVm>().Where(v => v.Owner == host.Id).ToList())
                    Ask(EntityKinds.Vm, known.Spec.Id.Value, Asked(host.Id, elsewhere.Id, Plan.Policy));
                break;
            case FaultKind.VmStopped:
                Ask(EntityKinds.Vm, vm.Value, new StopRequested(Force: fault.Count % 2 == 1));
                break;
            case FaultKind.VmStarted:
                Ask(EntityKinds.Vm, vm.Value, new StartRequested());
                break;
            case FaultKind.RateAsked:
                var bandwidth = 1_000_000 + fault.When.DelayUs + fault.When.Step;
                Ask(EntityKinds.Migration, active!.Plan.Id.Value, new TransferAsked(new TransferChange(null, bandwidth, null)));
                break;
            case FaultKind.DirtyingAsked:
                Measure(vm, (int)lasts);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, "not a fault");
        }
    }

    /// <summary>It ends by itself after a while, or when the faults' time is over.</summary>
    private void Until(long ms, Action undo)
    {
        _undos.Add(undo);
        Scheduler.After(SimScheduler.Ms(ms), () =>
        {
            if (!_undos.Remove(undo))
                return;
            Disturbed();
            undo();
        });
    }

    private void BreakLink(Fault fault, SimHost host)
    {
        if (fault.Kind == FaultKind.LinkReset)
        {
            Network.Lose(host);
            return;
        }

        var (orders, reports) = (fault.Kind != FaultKind.ReportsCut ? 1 : 0, fault.Kind != FaultKind.OrdersCut ? 1 : 0);
        host.OrdersCut += orders;
        host.ReportsCut += reports;
        Network.Watch(host);
        Until(fault.LastsMs, () =>
        {
            host.OrdersCut -= orders;
            host.ReportsCut -= reports;
        });
    }

    private void Spoil(SimDisk disk, DiskFault what, Fault fault)
    {
        if (what is DiskFault.ReplyLost or DiskFault.Torn)
        {
            disk.FailNext(what, fault.Count);
            return;
        }

        disk.Set(what);
        Until(fault.LastsMs, () => disk.Set(DiskFault.None));
    }

    private void StepClock(Fault fault, SimHost host)
    {
        var by = TimeSpan.FromMilliseconds(fault.Count % 2 == 0 ? fault.LastsMs : -fault.LastsMs);
        if (fault.Role == Role.Coordinator)
        {
            CoordinatorWallOffset += by;
            foreach (var coordinator in _coordinators)
                coordinator.Process.WallOffset += by;
            return;
        }

        host.WallOffset += by;
        if (host.Agent is { } agent)
            agent.Process.WallOffset += by;
    }

    private static DiskFault DiskFaultOf(FaultKind kind) => kind switch
    {
        FaultKind.LedgerFull or FaultKind.JournalFull => DiskFault.Full,
        FaultKind.LedgerFails or FaultKind.JournalFails => DiskFault.Fails,
        FaultKind.LedgerReplyLost or FaultKind.JournalReplyLost => DiskFault.ReplyLost,
        FaultKind.LedgerTorn or FaultKind.JournalTorn => DiskFault.Torn,
        FaultKind.LedgerHangs or FaultKind.JournalHangs => DiskFault.Hangs,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a fault of a disk"),
    };
}
