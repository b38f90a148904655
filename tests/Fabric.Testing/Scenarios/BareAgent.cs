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
    private ModelHands? _made;
    private bool _busy;

    public bool IsUp { get; private set; }

    public CopyState CopyOf(VmId vm) => _copies.GetValueOrDefault(vm, NoCopy.Initial);

    private ModelHands Hands => _made ??= new ModelHands(
        host, world, (vm, directory, input) => Tell(vm, directory, input),
        report => world.Post(new Letter(host, null, report)));

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
            Tell(vm, null, new LinkCameUp());
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

    public void Vanished(ModelMachine machine, string detail) =>
        Hear(machine, new MachineVanished(detail, machine.Transfer is { Vacant: true } to && to.Target == machine));

    public void BytesArrived(ModelMachine machine) => Hear(machine, new BytesArrived());

    public void DisksSynced(ModelMachine machine) => Hear(machine, new DisksSynced());

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
                    || (CopyOf(next.Vm) is HeldCopy held
                        && string.Equals(held.Directory, next.Directory, StringComparison.Ordinal)))
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
            default:
                Hands.Do(vm, effect);
                break;
        }
    }
}
