using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// A seeded random walk: at each step one of the commands that make sense now, faults among them; then the faults end,
/// everything heals, and the world must come to a state that can be accounted for. The walk's commands are a
/// transcript, so a failure is repeated by playing it.
/// </summary>
public sealed class ScenarioWalk(int seed, ScenarioWorld? world = null)
{
    private const int CalmRoundsMax = 60;
    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly string[] Names = ["a", "b", "c"];
    private readonly Random _random = new(seed);
    private readonly ScenarioWorld _world = world ?? ScenarioWorld.Bare();
    private readonly List<string> _trace = [];

    /// <summary>Some walks are full of faults, others come far between two.</summary>
    private readonly int _calm = (seed % 4) switch { 0 => 1, 1 => 4, 2 => 10, _ => 25 };

    public IReadOnlyList<string> Trace => _trace;

    /// <summary>Walks and heals.</summary>
    /// <exception cref="InvalidOperationException">A rule or the end did not hold; holds seed and
    /// transcript.</exception>
    public void Run(int steps)
    {
        try
        {
            Do("host c");
            Do("vm v1 on a");
            for (var i = 0; i < steps; i++)
                Do(Pick(Choices()));
            Heal();
            AssertAtRest();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}\n{string.Join('\n', _trace)}", e);
        }
    }

    private void Do(string command)
    {
        _trace.Add(command);
        _trace.AddRange(_world.Do(command).Select(l => $"    {l}"));
    }

    private string Pick(List<(string Command, int Weight)> choices)
    {
        var at = _random.Next(choices.Sum(c => c.Weight));
        foreach (var (command, weight) in choices)
        {
            if ((at -= weight) < 0)
                return command;
        }

        throw new InvalidOperationException("nothing can be done");
    }

    private List<(string Command, int Weight)> Choices()
    {
        var choices = new List<(string Command, int Weight)> { ("advance 1s undelivered", 4), ("advance 1s",
            4), ("advance 35s", 1) };
        Messages(choices);
        Machines(choices);
        Hosts(choices);
        Operators(choices);
        return [.. choices.Select(c => IsProgress(c.Command) ? (c.Command, c.Weight * _calm) : c)];
    }

    private static bool IsProgress(string command) => command.Split(' ') switch
    {
        ["deliver" or "restart" or "heal" or "migrate" or "start", ..] => true,
        ["qemu", _, "pauses" or "loads" or "completes"] => true,
        _ => false,
    };

    private void Messages(List<(string Command, int Weight)> choices)
    {
        if (_world.Mail.InFlight.Count > 0)
        {
            choices.Add(("deliver all", 6));
            choices.AddRange(_world.Mail.InFlight.Select(l => l.Host).Distinct()
                .SelectMany(
                    h =>
                        new[] { ($"deliver order {h}", 10), ($"deliver report {h}", 10), ($"drop {h}",
                            Stress()), ($"duplicate {h}", 1) })
                .Where(c => Fits(c.Item1)));
            choices.AddRange(
                _world.Mail.InFlight.Where(l => l.IsOrder).Take(4).Select(l => ($"hold order {l.Host}", 1)));
        }

        choices.AddRange(
            _world.Mail.Held.Where(l => _world.Agent(l.Host).IsUp).Take(4).Select(l => ($"release order {l.Host}", 2)));
    }

    private bool Fits(string command)
    {
        var words = command.Split(' ')[1..];
        return _world.Mail.InFlight.Any(
            l => words.All(w => l.ToString().Split(' ').Contains(w, StringComparer.Ordinal)));
    }

    private void Machines(List<(string Command, int Weight)> choices)
    {
        foreach (var m in Names.Select(n => _world.Hypervisors.At(HostId.Of(n), Vm)).OfType<ModelMachine>())
        {
            choices.AddRange(Steps(m).Select(s => (s, 12)));
            choices.Add(($"kill vm at {m.Host}", Stress()));
            if (_world.Agent(m.Host).CopyOf(Vm) is OwnedCopy
                && _world.Coordinator.Active.Any(s => s.Stage.Kind == StageKind.Commitment))
                choices.Add(($"kill host {m.Host}", 20));
            if (m is { Phase: MigrationPhase.Active or MigrationPhase.Device, Incoming: false })
                choices.Add(($"qemu {m.Host} fails", 1));
            if (m.Run == RunState.Running && _random.Next(8) == 0)
                choices.Add(($"guest {(_random.Next(2) == 0 ? "shutdown" : "crash")} at {m.Host}", 1));
        }

        choices.Add(_world.Hypervisors.DataCut ? ("heal data", 6) : ("cut data", 1));
        if (_world.Hypervisors.DataCut)
            choices.Add(("break data", 3));
    }

    /// <summary>What the hypervisor would do next by itself.</summary>
    private IEnumerable<string> Steps(ModelMachine m)
    {
        var flows = !_world.Hypervisors.DataCut && m.Transfer is { IsWhole: true };
        if (m is { Phase: MigrationPhase.Active, Run: RunState.Running })
        {
            yield return $"qemu {m.Host} pauses";
            if (flows)
                yield return $"qemu {m.Host} round";
        }

        if (flows && m is { Phase: MigrationPhase.Active, Run: RunState.Inmigrate }
            && m.Transfer?.Source.Phase == MigrationPhase.Device)
            yield return $"qemu {m.Host} loads";
        if (m is { Phase: MigrationPhase.Device, Transfer: { SourceRelay: true } transfer }
            && transfer.Target.Phase == MigrationPhase.Completed
            && !_world.Hypervisors.DataCut)
            yield return $"qemu {m.Host} completes";
    }

    /// <summary>Faults are likelier where they hurt most: between the pause and the target's run.</summary>
    private int Stress() => _world.Coordinator.Active.Any(
        m => m.Stage.Kind is StageKind.StopAndCopy or StageKind.Commitment or StageKind.RollingBack) ? 4 : 1;

    private void Hosts(List<(string Command, int Weight)> choices)
    {
        var stress = Stress();
        foreach (var n in Names)
        {
            var host = HostId.Of(n);
            if (_world.Agent(host).IsUp)
                choices.AddRange(
                    [($"kill agent {n}", 1), ($"kill host {n}", stress), ($"agent {n} dies after next note", 1)]);
            else
                choices.Add(($"restart agent {n}", 6));
            choices.Add(_world.Mail.IsCut(host) ? ($"heal link {n}", 6) : ($"cut link {n}", stress));
        }

        if (_world.Coordinator.IsUp)
            choices.AddRange([("kill coordinator", 1), ("coordinator dies after next append", 1)]);
        else
            choices.Add(("restart coordinator", 6));
        choices.AddRange([("journal next append: disk full", 1), ("journal next append: reply lost", 1)]);
    }

    private void Operators(List<(string Command, int Weight)> choices)
    {
        if (!_world.Coordinator.IsUp)
            return;
        var state = _world.Coordinator.VmOf(Vm);
        choices.AddRange(state switch
        {
            RunningVm r => Names.Where(n => !string.Equals(n, r.Owner.Value, StringComparison.Ordinal))
                .Select(n => ($"migrate v1 to {n} return=10s switchover=20s", 8)),
            LockedVm => [("cancel v1", 1), ("recover v1", 1)],
            StoppedVm => [("start v1", 6)],
            StartingVm or StoppingVm or NoVm => [],
            _ => throw new InvalidOperationException($"{state} is not a state of a VM"),
        });
    }

    /// <summary>No more faults: everything comes back, late messages arrive, and time passes.</summary>
    private void Heal()
    {
        Do("heal data");
        foreach (var n in Names)
        {
            if (_world.Mail.IsCut(HostId.Of(n)))
                Do($"heal link {n}");
            if (!_world.Agent(HostId.Of(n)).IsUp)
                Do($"restart agent {n}");
        }

        if (!_world.Coordinator.IsUp)
            Do("restart coordinator");
        while (_world.Mail.Held.Count > 0)
            Do($"release {_world.Mail.Held[0].Host}");
        for (var i = 0; i < CalmRoundsMax && !IsAtRest(); i++)
        {
            Do("deliver all");
            foreach (var step in Names.Select(n => _world.Hypervisors.At(HostId.Of(n), Vm)).OfType<ModelMachine>()
                .SelectMany(m => Steps(m).Take(1)).Take(1).ToList())
                Do(step);
            foreach (var n in Names.Where(n => !_world.Agent(HostId.Of(n)).IsUp))
                Do($"restart agent {n}");
            if (!_world.Coordinator.IsUp)
                Do("restart coordinator");
            Do(i < CalmRoundsMax / 2 ? "advance 1s" : "advance 60s");
        }

        Do("show");
    }

    private bool IsAtRest() => Problem() is null;

    private void AssertAtRest()
    {
        if (Problem() is { } problem)
            throw new InvalidOperationException(
                $"after everything healed: {problem}\n  {string.Join("\n  ", _world.Do("show"))}");
    }

    /// <summary>What is not as it should be at rest; null when all is.</summary>
    private string? Problem()
    {
        var alive = _world.Hypervisors.Machines.Where(m => m.Alive).ToList();
        foreach (var stage in _world.Coordinator.Active.Select(m => (Begun)m.Stage))
        {
            if (stage is not OnHold held)
                return $"{stage.Plan.Id} is still in {stage.Kind}";
            if (held.Reason is FailureReason.NewerEpochSeen or FailureReason.AssertionBroken)
                return $"{stage.Plan.Id} is held for {held.Reason}: {held.Detail}";
            return alive.Exists(m => m.Run == RunState.Running) ? "a held VM runs" : null;
        }

        var vm = _world.Coordinator.VmOf(Vm);
        switch (vm)
        {
            case RunningVm r when alive is not [{ Run: RunState.Running } one] || one.Host != r.Owner:
                return $"it should run at {r.Owner}, and there are {string.Join(' ', alive)}";
            case RunningVm:
                break;
            case StoppedVm when alive.Count > 0:
                return $"it is stopped, and there are {string.Join(' ', alive)}";
            case StoppedVm:
                break;
            default:
                return $"the VM is {vm}";
        }

        return Names.Select(n => (Name: n, Copy: _world.Agent(HostId.Of(n)).CopyOf(Vm)))
            .Where(
                c =>
                    c.Copy is IncomingCopy or OutgoingCopy or ClosingCopy
                        || (c.Copy is OwnedCopy o && o.Epoch != ((KnownVm)vm).Epoch))
            .Select(c => $"{c.Name} still holds a {c.Copy}").FirstOrDefault();
    }
}
