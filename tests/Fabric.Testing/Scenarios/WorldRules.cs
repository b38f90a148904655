using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// The protocol's rules, held against the truth that only the model knows: which processes run, how recent their memory
/// is, and what was ever durable. Asked at the moment of each act, not only at rest.
/// </summary>
public sealed class WorldRules
{
    private readonly Dictionary<VmId, long> _latest = [];
    private readonly Dictionary<VmId, (HostId Host, long Epoch)> _owners = [];
    private readonly HashSet<(MigrationId Migration, HostId Host, long Epoch)> _given = [];
    private readonly HashSet<VmId> _operatorTookOlder = [];
    private readonly HashSet<MigrationId> _abandoned = [];
    private readonly HashSet<VmId> _ended = [];
    private IReadOnlyList<ModelMachine> _machines = [];
    private bool _journalLost;

    /// <summary>The VMs' local disks.</summary>
    public ModelDisks Disks { get; } = new();

    public void Watch(IReadOnlyList<ModelMachine> machines) => _machines = machines;

    public (HostId Host, long Epoch)? OwnerOf(VmId vm) => _owners.TryGetValue(vm, out var owner) ? owner : null;

    /// <summary>An operator accepted that the guest goes on from an older copy, or not at all.</summary>
    public void OperatorDecided(VmId vm) => _operatorTookOlder.Add(vm);

    /// <summary>
    /// The journal was restored from a backup: what it says from now on is not held against it, only what is done.
    /// </summary>
    public void JournalLost() => _journalLost = true;

    /// <summary>What an operator once accepted excuses nothing of what comes now.</summary>
    public void Strict(VmId vm) => _operatorTookOlder.Remove(vm);

    public void Booted(ModelMachine machine)
    {
        machine.Memory = _latest[machine.Vm] = _latest.GetValueOrDefault(machine.Vm) + 1;
        Disks.Written(machine);
        _operatorTookOlder.Remove(machine.Vm);
        _ended.Remove(machine.Vm);
    }

    public void Worked(ModelMachine machine)
    {
        machine.Memory = _latest[machine.Vm] = _latest[machine.Vm] + 1;
        Disks.Written(machine);
    }

    /// <summary>The guest ended by its own doing, or was ordered to: its memory is of no more use.</summary>
    public void LatestLost(ModelMachine machine) => _ended.Add(machine.Vm);

    public void Stopped(VmId vm) => _ended.Add(vm);

    /// <summary>Rules 1, 3 and 4, and that no guest goes back in time.</summary>
    public void Ran(ModelMachine machine, IReadOnlyList<ModelMachine> all, bool byItself)
    {
        var how = byItself ? "by itself" : "as ordered";
        if (all.FirstOrDefault(m => m != machine && m.Alive && m.Vm == machine.Vm && m.Run == RunState.Running)
            is { } other)
            throw new RuleBrokenException(
                $"rule 1: {machine.Vm} runs at {machine.Host} ({how}) while it runs at {other.Host}");
        if (all.FirstOrDefault(m => m != machine && m.Alive && m.Vm == machine.Vm && m.HoldsDisks) is { } writer)
            throw new RuleBrokenException(
                $"rule 2: {machine.Host} writes to {machine.Vm}'s disks while {writer.Host} holds them");
        if (!_owners.ContainsKey(machine.Vm))
            throw new RuleBrokenException(
                $"rule 3: {machine.Vm} runs at {machine.Host}, and no journal says that it exists");
        if (_owners[machine.Vm].Host != machine.Host && !_journalLost)
        {
            throw new RuleBrokenException(
                $"rule {(machine.Incoming && !machine.Ran ? 3 : 4)}: {machine.Vm} runs at {machine.Host} ({how}), " +
                $"but {_owners[machine.Vm].Host} owns it since epoch {_owners[machine.Vm].Epoch}");
        }

        if (machine.Memory != _latest[machine.Vm] && !_operatorTookOlder.Contains(machine.Vm))
            throw new RuleBrokenException(
                $"{machine.Vm} goes back in time: {machine.Host} runs ({how}) memory " +
                $"{machine.Memory} of {_latest[machine.Vm]}");
        if (!_operatorTookOlder.Contains(machine.Vm))
            Disks.MustBeWhole(machine);
        if (_ended.Contains(machine.Vm) && !_operatorTookOlder.Contains(machine.Vm))
            throw new RuleBrokenException($"{machine.Vm} runs at {machine.Host} ({how}) after its guest had ended");
        // Only an operator's word leads here from an end: the guest goes on from before it.
        _ended.Remove(machine.Vm);
    }

    /// <summary>No order ends the only process that holds the guest as it last was.</summary>
    public void Killing(ModelMachine machine)
    {
        if (machine.Doomed || _ended.Contains(machine.Vm) || _operatorTookOlder.Contains(machine.Vm)
            || machine.Memory != _latest[machine.Vm])
            return;
        if (!_machines.Any(m => m != machine && m.Alive && m.Vm == machine.Vm && m.Memory == machine.Memory))
            throw new RuleBrokenException(
                $"{machine.Host} ends the only copy of {machine.Vm} that holds its latest memory");
    }

    /// <summary>What the journal holds is physically true when it is written.</summary>
    public void Journalled(object happened, MigrationPlan? plan)
    {
        switch (happened)
        {
            case VmCreated e:
                _owners[e.Spec.Id] = (e.Owner, 0);
                break;
            case AttemptAbandoned:
                _abandoned.Add(plan!.Id);
                break;
            case AttemptStarted:
                _abandoned.Remove(plan!.Id);
                break;
            case Committed e:
                Moved(plan!, e.Owner, e.Epoch);
                break;
            case CommitReverted e:
                Moved(plan!, e.Owner, e.Epoch);
                break;
            case MigrationEnded e:
                Ended(plan!, e);
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// Rule 3: a grant is noted only after the commit is durable; rule 11: a source is not dropped early.
    /// </summary>
    public void Noted(HostId host, CopyState before, CopyEvent happened, CopyState after)
    {
        if (Older(after.Fence, before.Fence))
            throw new RuleBrokenException($"rule 8: {host}'s fence goes back from {before.Fence} to {after.Fence}");
        switch (happened)
        {
            case GrantNoted { Stamp: var s } when !_given.Contains((s.Migration!.Value, host, s.Epoch)):
                throw new RuleBrokenException($"rule 3: {host} notes a grant {s} that no commit gave");
            case RegrantNoted { Stamp: var s } when !_given.Contains((s.Migration!.Value, host, s.Epoch)):
                throw new RuleBrokenException($"rule 4: {host} notes a grant {s} that no reversal gave");
            case ReleaseNoted when before is HeldCopy held && MachineOf(host, held) is { } machine:
                Released(host, machine);
                break;
            case IncomingClosed closed when before is HeldCopy held && MachineOf(host, held) is { } machine:
                // A discard that was rightly ordered may arrive after the source's process died: a double failure.
                if (!_abandoned.Contains(closed.Stamp.Migration!.Value))
                    Killing(machine);
                machine.Doomed = true;
                break;
            case CopyStopNoted when before is HeldCopy held:
                Stopped(held.Spec.Id);
                break;
            default:
                break;
        }
    }

    /// <summary>A process is started only where the ledger speaks of it: it is found again whatever happens.</summary>
    public static void Started(HostId host, CopyState noted, string directory)
    {
        if (noted is not HeldCopy held || !string.Equals(held.Directory, directory, StringComparison.Ordinal))
            throw new RuleBrokenException(
                $"rule 7: {host} starts a process in {directory}, and its ledger speaks of " +
                $"{(noted as HeldCopy)?.Directory ?? "none"}");
    }

    private void Released(HostId host, ModelMachine machine)
    {
        var newer = _latest[machine.Vm] > machine.Memory || _machines.Any(
            m => m != machine && m.Vm == machine.Vm && m.Ran && m.Memory >= machine.Memory);
        if (!newer && !_ended.Contains(machine.Vm))
            throw new RuleBrokenException($"rule 11: {host} drops its copy of {machine.Vm} before the target ran");
        machine.Doomed = true;
    }

    private void Moved(MigrationPlan plan, HostId owner, long epoch)
    {
        var vm = plan.Spec.Id;
        var (old, before) = _owners[vm];
        if (epoch <= before && !_journalLost)
            throw new RuleBrokenException($"rule 9: epoch {epoch} of {vm} is not above {before}");
        foreach (var m in _machines.Where(m => m.Alive && m.Vm == vm && m.Host != owner))
        {
            if (m.Run == RunState.Running)
                throw new RuleBrokenException(
                    $"rule 4: ownership of {vm} moves from {old} to {owner} while {m.Host} runs it");
            if (m.Phase is MigrationPhase.Active or MigrationPhase.PreSwitchover or MigrationPhase.Device
                && !m.Incoming)
                throw new RuleBrokenException(
                    $"rule 4: ownership of {vm} moves while {m.Host} may resume it by itself");
        }

        _owners[vm] = (owner, epoch);
        _given.Add((plan.Id, owner, epoch));
    }

    private void Ended(MigrationPlan plan, MigrationEnded ended)
    {
        var vm = plan.Spec.Id;
        if (_journalLost)
            return;
        var keeper = ended.Keeper switch
        {
            Keeper.Source => plan.Source,
            Keeper.Target => plan.Target,
            Keeper.Nobody => (HostId?)null,
            _ => throw new RuleBrokenException($"rule 10: {vm} ends with keeper {ended.Keeper}"),
        };
        var alive = _machines.Where(m => m.Alive && m.Vm == vm).ToList();
        if (keeper is { } host)
        {
            if (alive.Any(m => m.Host == host && m.Run is not (RunState.Running or RunState.Shutdown or RunState.Broken)
                && !alive.Exists(o => o.Host == host && o.Run == RunState.Running)))
                throw new RuleBrokenException(
                    $"rule 10: {ended.Outcome} is written while {host}'s copy of {vm} is paused");
            return;
        }

        if (alive.Exists(m => m.Run == RunState.Running))
            throw new RuleBrokenException($"rule 10: {vm} is said to be lost while it runs");
        if (alive.Exists(m => m.Memory == _latest[vm]) && !_ended.Contains(vm) && !_operatorTookOlder.Contains(vm))
            throw new RuleBrokenException($"rule 10: {vm} is said to be lost while a copy holds its latest memory");
    }

    private ModelMachine? MachineOf(HostId host, HeldCopy held) => _machines.FirstOrDefault(
        m => m.Alive && m.Host == host && string.Equals(m.Directory, held.Directory, StringComparison.Ordinal));

    private static bool Older(Fence a, Fence b) =>
        (a.Epoch, a.Term, a.Attempt).CompareTo((b.Epoch, b.Term, b.Attempt)) < 0;
}
