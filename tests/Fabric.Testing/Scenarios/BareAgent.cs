using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// A host's agent made of the bare machine and the shell's rules: note, then act, then answer; what a process says is
/// heard only by the copy that it belongs to.
/// </summary>
public sealed class BareAgent(HostId host, IScenarioSurroundings world) : IScenarioAgent
{
    private readonly Dictionary<VmId, CopyState> _copies = [];
    private readonly Queue<(VmId Vm, string? Directory, CopyInput Input)> _inbox = new();
    private bool _busy;

    public bool IsUp { get; private set; }

    public CopyState CopyOf(VmId vm) => _copies.GetValueOrDefault(vm, NoCopy.Initial);

    public void Start()
    {
        IsUp = true;
        foreach (var (vm, ledger) in world.Host(host).Ledger)
        {
            _copies[vm] = ledger.Aggregate((CopyState)NoCopy.Initial, CopyEvolution.Evolve);
            if (_copies[vm] is not HeldCopy held)
                continue;
            var machine = world.Hypervisors.Find(host, held.Directory);
            Tell(vm, null, new CopyRecovered(machine is null ? null : ModelHypervisors.LookAt(machine)));
        }

        Pump();
    }

    public void Kill()
    {
        IsUp = false;
        _copies.Clear();
        _inbox.Clear();
        world.Hypervisors.CloseRelays(host);
    }

    public void Deliver(Order order)
    {
        Tell(order.Stamp.Vm, null, new OrderGiven(order));
        Pump();
    }

    public void LinkCameUp()
    {
        foreach (var vm in _copies.Keys.ToList())
            Tell(vm, null, new LinkCameUp());
        Pump();
    }

    public void Looked(ModelMachine machine, MachineLook look) => Hear(machine, new MachineSeen(look));

    public void Vanished(ModelMachine machine, string detail) => Hear(machine, new MachineVanished(detail));

    public void BytesArrived(ModelMachine machine) => Hear(machine, new BytesArrived());

    public void RoundEnded(ModelMachine machine, Round round) => Hear(machine, new RoundSeen(round));

    public void TransferBroke(ModelMachine machine, FailureReason reason, string detail) =>
        Hear(machine, new TransferBroke(reason, detail));

    private void Hear(ModelMachine machine, CopyInput input)
    {
        if (!IsUp)
            return;
        Tell(machine.Vm, machine.Directory, input);
        Pump();
    }

    private void Tell(VmId vm, string? directory, CopyInput input) => _inbox.Enqueue((vm, directory, input));

    private void Pump()
    {
        if (_busy)
            return;
        _busy = true;
        try
        {
            while (IsUp && _inbox.TryDequeue(out var next))
            {
                if (next.Directory is null
                    || (CopyOf(next.Vm) is HeldCopy held && string.Equals(held.Directory, next.Directory, StringComparison.Ordinal)))
                    Handle(next.Vm, next.Input);
            }
        }
        finally
        {
            _busy = false;
        }
    }

    private void Handle(VmId vm, CopyInput input)
    {
        var decision = CopyMachine.Decide(CopyOf(vm), input);
        foreach (var happened in decision.Events)
        {
            var before = CopyOf(vm);
            var after = CopyEvolution.Evolve(before, happened);
            if (happened is not CopySight)
            {
                var ledger = world.Host(host).Ledger;
                if (!ledger.TryGetValue(vm, out var notes))
                    ledger[vm] = notes = [];
                notes.Add(happened);
                world.Noted(host, before, happened, after);
            }

            _copies[vm] = after;
        }

        if (decision.Events.Any(e => e is not CopySight) && world.AgentDiesHere(host))
            return;
        foreach (var effect in decision.Effects)
        {
            if (!IsUp)
                return;
            Do(vm, effect);
        }
    }

    private void Do(VmId vm, CopyEffect effect)
    {
        switch (effect)
        {
            case SendReport e:
                world.Post(new Letter(host, null, e.Report));
                break;
            case RunPrecheck e:
                Precheck(e);
                break;
            case StartMachine e:
                StartProcess(vm, e.Directory, incoming: false);
                break;
            case StartIncoming e:
                if (StartProcess(vm, e.Directory, incoming: true))
                    Tell(vm, e.Directory, new OfferMade(OfferOf(e.Directory)));
                break;
            case StartSending e:
                Act(vm, e.Directory, "send", m => Send(m, e.Order));
                break;
            case ContinueSwitchover e:
                Act(vm, e.Directory, "continue", world.Hypervisors.Continue);
                break;
            case CancelSending e:
                Act(vm, e.Directory, "cancel", world.Hypervisors.Cancel);
                break;
            case CloseTransfer:
                world.Hypervisors.CloseRelays(host, vm);
                break;
            case RunMachine e:
                Act(vm, e.Directory, "run", m => world.Hypervisors.Run(m, granted: true));
                break;
            case PowerDownMachine e:
                Act(vm, e.Directory, "power down", m => world.Hypervisors.EndGuest(m, RunState.Shutdown));
                break;
            case KillMachine e:
                Kill(vm, e.Directory);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect");
        }
    }

    private void Precheck(RunPrecheck check)
    {
        var obstacles = world.Host(host).Obstacles.ToList();
        if (check.Order.Side == Side.Source && !check.OwnsRunning)
            obstacles.Add(new Obstacle(FailureReason.VmNotRunning, "it does not run here"));
        world.Post(new Letter(host, null, new PrecheckReport(check.Order.Stamp, check.Order.Side, obstacles)));
    }

    private bool StartProcess(VmId vm, string directory, bool incoming)
    {
        if (world.Host(host).StartFails)
        {
            world.Host(host).StartFails = false;
            Tell(vm, directory, new MachineFailedToStart(FailureReason.TargetDidNotStart, "the process did not start"));
            return false;
        }

        world.Say($"machine  {host} start{(incoming ? " incoming" : "")}");
        world.Hypervisors.Start(host, vm, directory, incoming);
        return true;
    }

    private void Send(ModelMachine machine, BeginTransfer order)
    {
        if (!world.Connect(machine, order))
            Tell(machine.Vm, machine.Directory, new TransferBroke(FailureReason.DataLinkLost, "nobody takes this ticket"));
    }

    private void Kill(VmId vm, string directory)
    {
        var machine = world.Hypervisors.Find(host, directory);
        if (machine is null)
        {
            Tell(vm, directory, new MachineVanished("there is no such process"));
            return;
        }

        world.Say($"machine  {host} kill");
        world.KillByOrder(machine);
    }

    private void Act(VmId vm, string directory, string verb, Action<ModelMachine> act)
    {
        if (world.Hypervisors.Find(host, directory) is not { } machine)
        {
            Tell(vm, directory, new MachineVanished("there is no such process"));
            return;
        }

        world.Say($"machine  {host} {verb}");
        act(machine);
    }

    private TransferOffer OfferOf(string directory) => new(new DataEndpoint(host.Value, 7000), directory);
}
