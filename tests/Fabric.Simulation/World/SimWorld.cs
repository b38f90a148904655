using System.Globalization;
using Fabric.Actors.Coordination;
using Fabric.Actors.Runtime;
using Fabric.Drivers;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Pages;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.Runs;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <summary>
/// One run: a fabric of real actors in one thread of virtual time, over modelled hypervisors, links and disks. What is
/// true is what the modelled processes and disks hold; the rules are asked at every act, never the product's own word.
/// </summary>
internal sealed partial class SimWorld : IModelListener
{
    private readonly List<SimHost> _hosts = [];
    private readonly Dictionary<HostId, SimHost> _hostOf = [];
    private readonly List<SimCoordinator> _coordinators = [];
    private readonly List<string>? _trace;
    private readonly Chance _hypervisorChance;
    private readonly WorldRules _rules = new();
    private readonly EffectWalk? _walk;
    private Exception? _broken;
    private int _step;

    public SimWorld(Plan plan, Plant? plant, bool trace, EffectWalk? walk = null)
    {
        (Plan, Plant, _walk) = (plan, plant, walk);
        _trace = trace ? [] : null;
        Scheduler = new SimScheduler(Chance.For(plan.Seed, 1));
        _hypervisorChance = Chance.For(plan.Seed, 2);
        Network = new SimNetwork(this, Chance.For(plan.Seed, 3));
        Transfers = new SimTransfers(this, Chance.For(plan.Seed, 4));
        Hypervisors = new ModelHypervisors(this, _rules)
        {
            CutBetween = t => SimTransfers.IsCut(this, t),
            Refills = plan.Refills,
        };
        _rules.Watch(Hypervisors.Machines);
        Journal = new SimDisk(Scheduler, Chance.For(plan.Seed, 5))
        {
            Plant = plant?.JournalWriter?.Invoke(),
            Durable = Journalled,
            WentWrong = f => Trace($"journal  append: {f}"),
        };
        if (plan.Pages is { } pages)
            Pages = new SimPages(this, pages, Chance.For(plan.Seed, 7));
        for (var i = 0; i < plan.Hosts; i++)
            AddHost(i);
    }

    public Plan Plan { get; }

    public EffectWalk? Walk => _walk;

    public WorldRules Rules => _rules;

    public Plant? Plant { get; }

    public SimScheduler Scheduler { get; }


    public SimNetwork Network { get; }

    public SimTransfers Transfers { get; }

    public ModelHypervisors Hypervisors { get; }

    /// <summary>Guests' memory and page stores; null in a run without them.</summary>
    public SimPages? Pages { get; }

    public SimDisk Journal { get; }

    public TimeSpan CoordinatorWallOffset { get; private set; }

    /// <summary>The coordinator that was started last and lives.</summary>
    public SimCoordinator? Current => _coordinators is [.., { Process.IsAlive: true } last] ? last : null;

    public bool IsOver { get; private set; }

    /// <summary>Acts, deliveries and durable writes so far; what a fault's step counts.</summary>
    public int StepCount => _step;

    public IReadOnlyList<string> TraceLines => _trace ?? [];

    public SimHost HostOf(HostId id) => _hostOf[id];

    public ActorSystem NewSystem(SimProcess process)
    {
        var system = new ActorSystem(new ActorSystemOptions
        {
            Name = process.Name,
            TimeProvider = process,
            Dispatcher = process,
            Seed = (int)Plan.Seed,
        });
        var ears = new Ears(NoteFailure);
        system.EventStream.Subscribe<ActorRestarting>(ears);
        system.EventStream.Subscribe<ActorFailed>(ears);
        return system;
    }

    /// <summary>What decides in one process.</summary>
    /// <param name="disk">Its journal or ledger.</param>
    /// <param name="crash">Ends it.</param>
    public Deciders DecidersOf(SimDisk disk, Action crash)
    {
        var deciders = Plant?.Deciders ?? Deciders.Protocol;
        return _walk?.Around(deciders, disk, () => _armed, ticks => Scheduler.After(ticks, crash)) ?? deciders;
    }

    public void Trace(string line)
    {
        if (_trace is not null)
            Say(line);
    }

    /// <summary>What is found wrong inside an actor would only restart the actor: it is kept, and ends the run.</summary>
    public void Guard(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e)
        {
            _broken ??= e;
        }
    }

    /// <summary>A message arrives at an agent.</summary>
    public void Delivered(SimHost host, Order order, SimAgent agent)
    {
        if (_trace is not null)
            Say($"order    {host.Id} <- {Shown.Of(order)}");
        agent.Obey(order);
        Stepped();
    }

    /// <summary>A message arrives at a coordinator.</summary>
    public void Delivered(SimHost host, Report report, SimCoordinator coordinator)
    {
        if (_trace is not null)
            Say($"report   {host.Id} -> {Shown.Of(report)}");
        coordinator.Hear(host.Id, report);
        Stepped();
    }

    /// <summary>A hypervisor or a relay does something by itself.</summary>
    public void Acted(string what, Action act)
    {
        if (_trace is not null)
            Say($"machine  {what}");
        Hypervisors.GuestsWork();
        act();
        Transfers.Kick();
        Stepped();
    }

    /// <summary>A host's hands do something.</summary>
    public void Act(SimHost host, VmId vm, CopyEffect effect, Action act)
    {
        if (_trace is not null)
            Say($"hands    {host.Id} {vm} {effect.GetType().Name}");
        Hypervisors.GuestsWork();
        act();
        Transfers.Kick();
        _walk?.Done(effect);
        Stepped();
    }

    /// <summary>Lets a guest run, as its agent ordered. Its host's ledger must say, durably, that it may.</summary>
    public void Run(SimHost host, ModelMachine machine)
    {
        var noted = host.CopyOf(machine.Vm);
        var mayRun = noted is OwnedCopy or OutgoingCopy { Phase: not OutgoingPhase.HandedOff }
            && string.Equals(((HeldCopy)noted).Directory, machine.Directory, StringComparison.Ordinal);
        if (!mayRun && machine.Run is not (RunState.Running or RunState.Shutdown or RunState.Broken))
        {
            throw new RuleBrokenException(
                $"rule 3: {host.Id} runs {machine.Vm}, and its ledger holds no right to: {noted.GetType().Name}");
        }

        Pages?.Granted(host, machine);
        Hypervisors.Run(machine, granted: true);
    }

    public void KillByOrder(ModelMachine machine)
    {
        _rules.Killing(machine);
        Hypervisors.End(machine, "ended by order");
    }

    /// <summary>One of the stores of all hosts that are not of this VM; null when there is none.</summary>
    public SimStore? AnyStoreBut(VmId vm, Chance chance)
    {
        var others = _hosts.SelectMany(h => VmIds.Where(v => v != vm).Select(v => h.StoreDisk!.Find(v.Value)).OfType<SimStore>()).ToList();
        return others.Count == 0 ? null : chance.Of(others);
    }

    public long MonitorDelay(SimHost host) =>
        Math.Max(SimScheduler.Ms(0.1) + _hypervisorChance.Below(20_000), host.MonitorsHangUntil - Scheduler.Now);

    public bool MonitorHangs(SimHost host) => host.MonitorsHangUntil > Scheduler.Now;

    /// <summary>How long the copy of a disk takes.</summary>
    public int StepsOfSync() => _hypervisorChance.Below(6);

    public long EffectDelay(SimHost host, CopyEffect effect)
    {
        var takes = effect is StartMachine or StartIncoming or RefillIncoming
            ? _hypervisorChance.Between(SimScheduler.Ms(20), SimScheduler.Ms(120))
            : _hypervisorChance.Between(SimScheduler.Ms(0.1), SimScheduler.Ms(4));
        return effect is RunPrecheck or CloseTransfer or StartMachine or StartIncoming or RefillIncoming or AdjustSending
            or WatchDirtying or RemoveDisks
            ? takes
            : Math.Max(takes, Math.Min(host.MonitorsHangUntil - Scheduler.Now, SimScheduler.Ms(10_000)));
    }

    /// <summary>A command to a hypervisor fails; what no monitor is needed for does not.</summary>
    public bool EffectFails(SimHost host, CopyEffect effect)
    {
        if (effect is RunPrecheck or CloseTransfer or StartMachine or StartIncoming or RefillIncoming or StartSending
            or KillMachine or AdjustSending or WatchDirtying or StartSyncing or RemoveDisks)
            return false;
        if (host.FailCommands > 0)
        {
            host.FailCommands--;
            Trace($"hands    {host.Id} {effect.GetType().Name} failed");
            return true;
        }

        return MonitorHangs(host);
    }

    public void Looked(ModelMachine machine, MachineLook look)
    {
        if (_trace is not null)
            Say($"qemu     {machine.Vm} {machine}");
        HandsOf(machine)?.Looked(machine, look);
    }

    public void Vanished(ModelMachine machine, string detail)
    {
        if (_trace is not null)
            Say($"qemu     {machine.Vm} {machine.Host}=dead ({detail})");
        HandsOf(machine)?.Heard(machine, new MachineVanished(detail));
    }

    public void BytesArrived(ModelMachine machine) => HandsOf(machine)?.Heard(machine, new BytesArrived());

    public void DisksSynced(ModelMachine machine) => HandsOf(machine)?.Heard(machine, new DisksSynced());

    public void RoundEnded(ModelMachine machine, Round round) => HandsOf(machine)?.Heard(machine, new RoundSeen(round));

    public void TransferBroke(ModelMachine machine, FailureReason reason, string detail) =>
        HandsOf(machine)?.Heard(machine, new TransferBroke(reason, detail));

    private SimHands? HandsOf(ModelMachine machine) =>
        HostOf(machine.Host) is { IsUp: true } host ? host.Agent!.HandsOf(machine.Vm) : null;

    private void AddHost(int number)
    {
        var id = HostId.Of(((char)('a' + number)).ToString());
        SimHost? host = null;
        var ledger = new SimDisk(Scheduler, Chance.For(Plan.Seed, 10 + number))
        {
            Plant = Plant?.LedgerWriter?.Invoke(),
            Durable = appends => Noted(host!, appends),
            WentWrong = f => Trace($"ledger   {id} append: {f}"),
        };
        host = new SimHost(id, number, ledger)
        {
            StoreDisk = Pages is null ? null : new SimStoreDisk(
                Chance.For(Plan.Seed, 30 + number), Pages.Bug, Plan.Faults.Any(f => f.Kind == FaultKind.PowerLost)),
        };
        _hosts.Add(host);
        _hostOf[id] = host;
    }

    private void NoteFailure(object happened)
    {
        var (path, cause) = happened switch
        {
            ActorRestarting e => (e.Path, e.Cause),
            ActorFailed e => (e.Path, e.Cause),
            _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "not a failure"),
        };
        // A process that lives and cannot be looked at: nothing is known, and its actor tries again.
        if (cause is not HypervisorException)
            _broken ??= new RuleBrokenException($"rule 6: {path} has no answer: {cause.Message}");
    }

    private void Say(string line) => _trace!.Add(string.Create(
        CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(Scheduler.Now).TotalSeconds,12:0.000000} {line}"));
}
