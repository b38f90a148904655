using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <content>The words of a transcript.</content>
public sealed partial class ScenarioWorld
{
    private VmId _vm = VmId.Of("v1");

    public IReadOnlyList<string> Do(string command)
    {
        _lines.Clear();
        try
        {
            Run(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Hypervisors.GuestsWork();
        }
        catch (RuleBrokenException e)
        {
            throw new RuleBrokenException(
                $"{e.Message}\n  in '{command}', after:\n    {string.Join("\n    ", _lines)}\n");
        }

        return Collapsed(_lines);
    }

    private void Run(string[] words)
    {
        switch (words)
        {
            case ["vm", var vm, "on", var host]:
                Create(VmId.Of(vm), HostId.Of(host));
                break;
            case ["vm", var vm, "on", var host, "with", "a", "local", "disk"]:
                _rules.Disks.Give(VmId.Of(vm), HostId.Of(host));
                Create(VmId.Of(vm), HostId.Of(host));
                break;
            case ["disks", "at", var host, var what]:
                Disks(HostId.Of(host), what);
                break;
            case ["host", var host]:
                AddHost(HostId.Of(host));
                break;
            case ["on", var vm, .. var rest]:
                var other = _vm;
                _vm = VmId.Of(vm);
                Run(rest);
                _vm = other;
                break;
            case ["migrate", var vm, "to", var host, .. var settings]:
                _coordinator.Ask(VmId.Of(vm), new MigrateRequested(HostId.Of(host), PolicyOf(settings)));
                break;
            case ["cancel", var vm]:
                Operator(VmId.Of(vm), new CancelRequested());
                break;
            case ["cancel", "at", var host, "ends", "as", "failed"]:
                MachineAt(host).CancelFails = true;
                break;
            case ["recover", var vm]:
                Operator(VmId.Of(vm), new RecoverRequested());
                break;
            case ["declare", "source", "of", var vm, "gone"]:
                _rules.OperatorDecided(VmId.Of(vm));
                _coordinator.Ask(VmId.Of(vm), new HostGoneDeclared(Side.Source, "ops"));
                break;
            case ["declare", "target", "of", var vm, "gone"]:
                _rules.OperatorDecided(VmId.Of(vm));
                _coordinator.Ask(VmId.Of(vm), new HostGoneDeclared(Side.Target, "ops"));
                break;
            case ["start", var vm]:
                _coordinator.Ask(VmId.Of(vm), new StartRequested());
                break;
            case ["stop", var vm]:
                _coordinator.Ask(VmId.Of(vm), new StopRequested(Force: false));
                break;
            case ["delete", var vm]:
                _coordinator.Ask(VmId.Of(vm), new DeleteRequested());
                break;
            case ["deliver", "all"]:
                Settle();
                break;
            case ["deliver", .. var which]:
                Deliver(_mail.Take(which));
                break;
            case ["drop", "all"]:
                _mail.LoseAll();
                break;
            case ["drop", .. var which]:
                _mail.Take(which);
                break;
            case ["duplicate", .. var which]:
                Duplicate(_mail.Take(which));
                break;
            case ["copy", .. var which]:
                _mail.Hold(_mail.Find(which));
                break;
            case ["hold", .. var which]:
                _mail.Hold(_mail.Take(which));
                break;
            case ["release", .. var which]:
                Deliver(_mail.TakeHeld(which));
                break;
            case ["qemu", var host, var what]:
                Qemu(HostId.Of(host), what);
                break;
            case ["guest", "shutdown", "at", var host]:
                Must(Hypervisors.EndGuest(MachineAt(host), RunState.Shutdown), "it does not run");
                break;
            case ["guest", "crash", "at", var host]:
                Must(Hypervisors.EndGuest(MachineAt(host), RunState.Broken), "it does not run");
                break;
            case ["kill" or "restart" or "cut" or "heal" or "break", ..]:
                Fault(words);
                break;
            case ["coordinator", "dies", "after", "next", "append"]:
                _dieAfterAppend = true;
                break;
            case ["agent", var host, "dies", "after", "next", "note"]:
                _dieAfterNote.Add(HostId.Of(host));
                break;
            case ["targets", "are", "refilled"]:
                Hypervisors.Refills = true;
                break;
            case ["start", "at", var host, "fails"]:
                Host(HostId.Of(host)).StartFails = true;
                break;
            case ["obstacle", "at", var host, var reason]:
                Host(HostId.Of(host)).Obstacles.Add(
                    new Obstacle(Enum.Parse<FailureReason>(reason), "as the transcript says"));
                break;
            case ["journal", ..]:
                Disk(words);
                break;
            case ["another", "coordinator", "abandons", var migration]:
                AnotherAbandons(MigrationId.Of(migration));
                break;
            case ["advance", var time]:
                Advance(TimeOf(time), deliver: true);
                break;
            case ["advance", var time, "undelivered"]:
                Advance(TimeOf(time), deliver: false);
                break;
            case ["show"]:
                Show();
                break;
            default:
                throw new ScenarioException($"'{string.Join(' ', words)}' is not a command");
        }
    }

    private void Fault(string[] words)
    {
        switch (words)
        {
            case ["kill", "vm", "at", var host]:
                Hypervisors.End(MachineAt(host), "killed");
                break;
            case ["kill", "agent", var host]:
                KillAgent(HostId.Of(host));
                break;
            case ["kill", "host", var host]:
                KillAgent(HostId.Of(host));
                foreach (var machine in Hypervisors.Machines.Where(m => m.Alive && m.Host == HostId.Of(host)).ToList())
                    Hypervisors.End(machine, "host died");
                break;
            case ["restart", "agent" or "host", var host]:
                StartAgent(HostId.Of(host));
                break;
            case ["kill", "coordinator"]:
                KillCoordinator();
                break;
            case ["restart", "coordinator"]:
                StartCoordinator();
                break;
            case ["cut", "link", var host]:
                _mail.Cut(HostId.Of(host));
                LoseLink(HostId.Of(host));
                break;
            case ["heal", "link", var host]:
                _mail.Heal(HostId.Of(host));
                if (IsConnected(HostId.Of(host)))
                    LinkCameUp(HostId.Of(host));
                break;
            case ["cut", "data"]:
                Hypervisors.CutData();
                break;
            case ["heal", "data"]:
                Hypervisors.HealData();
                break;
            case ["break", "data"]:
                Hypervisors.BreakData();
                break;
            default:
                throw new ScenarioException($"'{string.Join(' ', words)}' is not a fault");
        }
    }

    private void Disk(string[] words)
    {
        switch (words)
        {
            case ["journal", "next", "append:", "disk", "full"]:
                Journal.Next = JournalFault.DiskFull;
                break;
            case ["journal", "next", "append:", "reply", "lost"]:
                Journal.Next = JournalFault.ReplyLost;
                break;
            case ["journal", "is", "full"]:
                Journal.IsFull = true;
                break;
            case ["journal", "has", "room"]:
                Journal.IsFull = false;
                break;
            case ["journal", "backup"]:
                Journal.BackUp();
                break;
            case ["journal", "restore"]:
                if (_coordinator.IsUp)
                    throw new ScenarioException("a journal is restored while the coordinator is down");
                Journal.Restore();
                break;
            default:
                throw new ScenarioException($"'{string.Join(' ', words)}' is not something a journal does");
        }
    }

    private void Qemu(HostId host, string what)
    {
        var machine = MachineAt(host.Value);
        switch (what)
        {
            case "round":
                Must(Hypervisors.Round(machine), "no round can end now");
                break;
            case "pauses":
                Must(Hypervisors.Pause(machine), "it is not in pre-copy");
                break;
            case "loads":
                Must(Hypervisors.Load(machine), "the last bytes cannot arrive now");
                break;
            case "completes":
                Must(Hypervisors.Acknowledge(machine), "the acknowledgement cannot arrive now");
                break;
            case "fails":
                Must(Hypervisors.Fail(machine), "it is not sending");
                break;
            case "rejects":
                Hypervisors.End(machine, "device mismatch");
                break;
            default:
                throw new ScenarioException($"a QEMU does not '{what}'");
        }
    }

    private void Disks(HostId host, string what)
    {
        switch (what)
        {
            case "synced":
                DisksSynced(MachineAt(host.Value));
                break;
            case "fail":
                TransferBroke(MachineAt(host.Value), FailureReason.DiskCopyFailed, "as the transcript says");
                break;
            case "left":
                _coordinator.Ask(_vm, new LeftoverSeen(host));
                break;
            default:
                throw new ScenarioException($"disks do not '{what}'");
        }
    }

    private void Create(VmId vm, HostId host)
    {
        _vm = vm;
        _coordinator.Ask(vm, new CreateVm(new VmSpec { Id = vm, MemoryKiB = 131_136, Disks = _rules.Disks.SpecOf(vm) }, host));
        _coordinator.Ask(vm, new StartRequested());
        Settle();
        _lines.RemoveAll(l => l is [not 'j', ..]);
    }

    private void Operator(VmId vm, MigrationInput input)
    {
        if (_coordinator.Active.Any(m => m.Stage is OnHold held && held.Plan.Spec.Id == vm))
            _rules.OperatorDecided(vm);
        _coordinator.Ask(vm, input);
    }

    private void Duplicate(Letter letter)
    {
        Deliver(letter);
        Deliver(letter);
    }

    /// <summary>What a second coordinator would write that believes the hosts to be its own.</summary>
    private void AnotherAbandons(MigrationId migration)
    {
        var stream = ScenarioJournal.StreamOf(migration);
        var abandoned = new AttemptAbandoned(FailureReason.Cancelled, "by another coordinator", Now);
        Journal.Append([new StreamAppend(stream, Journal.Read(stream).Count, [abandoned])], Journalled);
    }

    private void Show()
    {
        if (_coordinator.IsUp)
            _lines.AddRange(_coordinator.Describe());
        else
            Say("no coordinator");
        foreach (var host in _hosts.Values.Select(h => h.Id))
        {
            var agent = Agent(host).IsUp ? CopyText(Agent(host).CopyOf(_vm)) : "no agent";
            var machines = Hypervisors.Machines.Where(m => m.Alive && m.Host == host && m.Vm == _vm)
                .Select(m => $" {m}");
            Say($"{host}: {agent}{string.Concat(machines)}{(_mail.IsCut(host) ? " (cut off)" : "")}");
        }
    }

    private static string CopyText(CopyState copy) => copy switch
    {
        OwnedCopy c => $"Owned epoch={c.Epoch}",
        OutgoingCopy c => $"Outgoing {c.Phase} epoch={c.Epoch}",
        IncomingCopy { Replaced: > 0 } c => $"Incoming {c.Phase} replaced={c.Replaced}",
        IncomingCopy c => $"Incoming {c.Phase}",
        NoCopy or EndedCopy or ClosingCopy => copy.GetType().Name,
        _ => throw new ArgumentOutOfRangeException(nameof(copy), copy, "not a state of a copy"),
    };

    private ModelMachine MachineAt(string host) => Hypervisors.At(HostId.Of(host), _vm)
        ?? throw new ScenarioException($"{_vm} has no process at {host}");

    private static void Must(bool done, string otherwise)
    {
        if (!done)
            throw new ScenarioException(otherwise);
    }

    private static TimeSpan TimeOf(string text) => text switch
    {
        [.. var n, 'm', 's'] => TimeSpan.FromMilliseconds(double.Parse(n, CultureInfo.InvariantCulture)),
        [.. var n, 's'] => TimeSpan.FromSeconds(double.Parse(n, CultureInfo.InvariantCulture)),
        [.. var n, 'm'] => TimeSpan.FromMinutes(double.Parse(n, CultureInfo.InvariantCulture)),
        [.. var n, 'h'] => TimeSpan.FromHours(double.Parse(n, CultureInfo.InvariantCulture)),
        _ => throw new ScenarioException($"'{text}' is not a time"),
    };

    private static MigrationPolicy PolicyOf(string[] settings)
    {
        var policy = new MigrationPolicy();
        foreach (var setting in settings)
        {
            var (name, value) = setting.Split('=') is [var n, var v]
                ? (n, v) : throw new ScenarioException($"'{setting}'?");
            policy = name switch
            {
                "attempts" => policy with { AttemptsMax = int.Parse(value, CultureInfo.InvariantCulture) },
                "deadline" => policy with { DeadlineMs = (long)TimeOf(value).TotalMilliseconds },
                "switchover" => policy with { SwitchoverTimeoutMs = (long)TimeOf(value).TotalMilliseconds },
                "return" => policy with { HostReturnMs = (long)TimeOf(value).TotalMilliseconds },
                "fence" => policy with { FenceWaitMs = (long)TimeOf(value).TotalMilliseconds },
                _ => throw new ScenarioException($"'{name}' is not a setting"),
            };
        }

        return policy;
    }

    /// <summary>A line that comes again is counted where it came first: repeated orders would drown the rest.</summary>
    private static List<string> Collapsed(List<string> lines) =>
        [.. lines.GroupBy(l => l, StringComparer.Ordinal).Select(
            g => g.Count() == 1 ? g.Key : $"{g.Key}  x{g.Count()}")];
}
