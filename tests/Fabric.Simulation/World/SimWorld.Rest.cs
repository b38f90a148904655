using Fabric.Actors.Coordination;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <content>Liveness: the faults are over, and everything must come to an end that can be accounted for.</content>
internal sealed partial class SimWorld
{
    /// <summary>Holds that may stand until an operator speaks: the only two in which going on could lose the guest.</summary>
    private static bool IsPermitted(OnHold held) =>
        held.Reason is FailureReason.TargetLostAfterGrant or FailureReason.SourceLostInDoubt;

    private const int HoldAsksMax = 8;
    private const long HoldAskMs = 2_000;

    private void Heal()
    {
        Trace("-------- the faults are over");
        _armed = false;
        while (_undos.Count > 0)
        {
            var undo = _undos[0];
            _undos.RemoveAt(0);
            undo();
        }

        foreach (var host in _hosts)
        {
            (host.LoseNext, host.DoubleNext, host.ReorderNext) = (0, 0, 0);
            host.Ledger.Heal();
            StartAgent(host);
            Network.Look(host);
        }

        Journal.Heal();
        StartCoordinator();
        EndOlder();
    }

    private void Rest(string when)
    {
        var end = Scheduler.Now + SimScheduler.Ms(RestMsMax);
        for (var pause = SimScheduler.Ms(100); Problem() is { } problem; pause = Math.Min(pause * 2, SimScheduler.Ms(10_000)))
        {
            if (Scheduler.Now >= end)
                throw new RuleBrokenException($"liveness: {when}: {problem}");
            for (var i = 0; i < Plan.Vms; i++)
                TellLeftovers(VmAt(i));
            RunWhile(() => true, Math.Min(end, Scheduler.Now + pause));
        }
    }

    /// <summary>What is not as it should be at rest; null when all is.</summary>
    private string? Problem()
    {
        for (var i = 0; i < Plan.Vms; i++)
        {
            if (ProblemOf(VmAt(i)) is { } problem)
                return problem;
        }

        return _hosts.Find(h => h.Linked is null) is { } lonely ? $"{lonely.Id} has no link" : null;
    }

    private string? ProblemOf(VmId vm)
    {
        var alive = Hypervisors.Machines.Where(m => m.Alive && m.Vm == vm).ToList();
        if (ActiveOf(vm) is { } active)
        {
            if (active is OnHold held)
                return HoldProblem(held, alive);
            return _restored && alive.Count(m => m.Run == RunState.Running) == 1
                ? null
                : $"{active.Plan.Id} is still in {active.Kind}";
        }

        if (_restored)
            return null;
        var state = VmState(vm);
        if (state is RunningVm running && (alive is not [{ Run: RunState.Running } one] || one.Host != running.Owner))
            return $"{vm} should run at {running.Owner}, and there are {string.Join(' ', alive)}";
        if (state is StoppedVm && alive.Count > 0)
            return $"{vm} is stopped, and there are {string.Join(' ', alive)}";
        if (state is not (RunningVm or StoppedVm))
            return $"{vm} is {VmMachine.NameOf(state)}";
        if (_hosts.Find(h => h.Id != ((KnownVm)state).Owner && Rules.Disks.IsAt(h.Id, vm)) is { } keeper)
            return $"{keeper.Id} still has a disk of {vm}";
        return _hosts.Select(h => Leftover(h, vm, (KnownVm)state)).FirstOrDefault(p => p is not null);
    }

    private string? HoldProblem(OnHold held, List<ModelMachine> alive)
    {
        if (_restored && held.Reason is FailureReason.NewerEpochSeen or FailureReason.AssertionBroken)
            return null;
        if (!IsPermitted(held))
            return $"{held.Plan.Id} is held for {held.Reason}: {held.Detail}";
        return alive.Exists(m => m.Run == RunState.Running) ? $"{held.Plan.Id} is held, and its VM runs" : null;
    }

    private static string? Leftover(SimHost host, VmId vm, KnownVm known)
    {
        var copy = host.CopyOf(vm);
        if (copy is IncomingCopy or OutgoingCopy or ClosingCopy || (copy is OwnedCopy owned && owned.Epoch != known.Epoch))
            return $"{host.Id} still holds a {copy.GetType().Name} of {vm}";
        return host.Agent?.HandsOf(vm) is { IsIdle: false } ? $"{host.Id} still holds a transfer of {vm}" : null;
    }

    /// <summary>What is held is recovered, what is stopped is started, and then each VM moves once more.</summary>
    private void RetryAll()
    {
        // What an operator asked for in the last moment of the faults' time is still to come.
        RunWhile(() => true, Scheduler.Now + SimScheduler.Ms(HoldAskMs));
        Rest("after the last requests");
        Trace("-------- a retry of everything");
        for (var i = 0; i < Plan.Vms; i++)
        {
            var vm = VmAt(i);
            // The hosts may have to be asked first, so an operator may have to say it twice.
            for (var asks = 0; asks < HoldAsksMax && ActiveOf(vm) is OnHold held; asks++)
            {
                Ask(EntityKinds.Migration, held.Plan.Id.Value, asks % 2 == 0 ? new RecoverRequested() : new CancelRequested());
                RunWhile(() => ActiveOf(vm) is OnHold, Scheduler.Now + SimScheduler.Ms(HoldAskMs));
            }

            if (ActiveOf(vm) is OnHold stuck)
                throw new RuleBrokenException($"liveness: {stuck.Plan.Id} is held ({stuck.Reason}), and no operator can end it");
            Rest($"after {vm} was no longer held");
            Start(vm);
            Retry(vm);
        }
    }

    private void Start(VmId vm)
    {
        if (VmState(vm) is RunningVm)
            return;
        Ask(EntityKinds.Vm, vm.Value, new StartRequested());
        RunWhile(() => VmState(vm) is not RunningVm, Scheduler.Now + SimScheduler.Ms(RetryMsMax));
        if (VmState(vm) is not RunningVm)
            throw new RuleBrokenException($"liveness: {vm} does not start again");
    }

    private void Retry(VmId vm)
    {
        var running = (RunningVm)VmState(vm);
        var target = _hosts[(HostOf(running.Owner).Number + 1) % _hosts.Count];
        bool IsThere() => VmState(vm) is not RunningVm { Owner: var now } || now == target.Id;
        for (var asks = 0; asks < HoldAsksMax && ActiveOf(vm) is null && !IsThere(); asks++)
        {
            Ask(EntityKinds.Vm, vm.Value, Asked(running.Owner, target.Id, new MigrationPolicy()));
            RunWhile(() => ActiveOf(vm) is null, Scheduler.Now + SimScheduler.Ms(HoldAskMs));
        }

        RunWhile(
            () => VmState(vm) is not RunningVm { Owner: var owner } || owner != target.Id,
            Scheduler.Now + SimScheduler.Ms(RetryMsMax));
        if (VmState(vm) is not RunningVm { Owner: var at } || at != target.Id)
            throw new RuleBrokenException($"rule 7: a retry of {vm} to {target.Id} does not succeed");
        Rest("after the retry");
    }
}
