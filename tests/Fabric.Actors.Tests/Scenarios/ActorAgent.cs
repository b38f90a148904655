using Fabric.Actors.Agent;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Testing.Scenarios;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>A host's agent: the real copies' actors over a ledger that outlives them.</summary>
internal sealed class ActorAgent : IScenarioAgent, ICopyHandsFactory
{
    private readonly HostId _host;
    private readonly IScenarioSurroundings _world;
    private readonly Func<int?> _seed;
    private readonly MemoryJournal _ledger = new(FabricEvents.Registry, new VirtualTime());
    private readonly Dictionary<VmId, CopyState> _noted = [];
    private readonly Dictionary<VmId, Hands> _hands = [];
    private ActorLife? _life;

    public ActorAgent(HostId host, IScenarioSurroundings world, Func<int?> seed)
    {
        (_host, _world, _seed) = (host, world, seed);
        _ledger.OnCommitted = result =>
        {
            foreach (var recorded in result.Events)
                _life!.Guard(() => Noted(VmId.Of(recorded.Stream.Id), (CopyEvent)recorded.Event));
        };
    }

    public bool IsUp => _life is { IsOver: false };

    private ActorLife Life => _life!;

    public void Start()
    {
        var life = _life = new ActorLife(_host.Value, _world, _seed());
        HostAgent.Register(
            life.System,
            new LifeJournal(life, _ledger, () => _world.AgentDiesHere(_host), _world.Say),
            this,
            new Sink(this, life));
        life.Run(() => HostAgent.TellAllAsync(life.System, _ledger, Wake.Up, CancellationToken.None));
    }

    public void Kill()
    {
        Life.End();
        _hands.Clear();
        _world.Hypervisors.CloseRelays(_host);
    }

    /// <summary>As <see cref="HostAgent.OnMessageAsync"/> does.</summary>
    public void Deliver(Order order) => Life.Tell(EntityKinds.Copy, order.Stamp.Vm.Value, new OrderGiven(order));

    public void LinkCameUp() =>
        Life.Run(() => HostAgent.TellAllAsync(Life.System, _ledger, new LinkCameUp(), CancellationToken.None));

    public CopyState CopyOf(VmId vm)
    {
        if (!IsUp || _ledger.Rows(FabricEvents.CopyStreamOf(vm)).Count == 0)
            return NoCopy.Initial;
        CopyState? state = null;
        Life.Tell(EntityKinds.Copy, vm.Value, Describe.State, new Ears(answer => state = (CopyState)answer));
        return state ?? throw new InvalidOperationException($"the copy of {vm} at {_host} does not answer");
    }

    public void Looked(ModelMachine machine, MachineLook look) => Hear(machine, new MachineSeen(look));

    public void Vanished(ModelMachine machine, string detail) =>
        Hear(machine, new MachineVanished(detail, machine.Transfer is { Vacant: true } to && to.Target == machine));

    public void BytesArrived(ModelMachine machine) => Hear(machine, new BytesArrived());

    public void DisksSynced(ModelMachine machine) => Hear(machine, new DisksSynced());

    public void RoundEnded(ModelMachine machine, Round round) => Hear(machine, new RoundSeen(round));

    public void TransferBroke(ModelMachine machine, FailureReason reason, string detail) =>
        Hear(machine, new TransferBroke(reason, detail));

    public ICopyHands Create(VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report) =>
        _hands[vm] = new Hands(this, Life, vm, tell, report);

    private void Hear(ModelMachine machine, CopyInput input)
    {
        if (!IsUp || !_hands.TryGetValue(machine.Vm, out var hands))
            return;
        Life.Pump();
        hands.Tell(machine.Directory, input);
        Life.Pump();
    }

    private void Noted(VmId vm, CopyEvent happened)
    {
        var before = _noted.GetValueOrDefault(vm, NoCopy.Initial);
        var after = _noted[vm] = CopyEvolution.Evolve(before, happened);
        _world.Noted(_host, before, happened, after);
    }

    private sealed class Sink(ActorAgent agent, ActorLife life) : IReportSink
    {
        public bool TrySend(Report report)
        {
            if (life.IsOver || !agent._world.IsConnected(agent._host))
                return false;
            life.Guard(() => agent._world.Post(new Letter(agent._host, null, report)));
            return true;
        }
    }

    private sealed class Hands : ICopyHands
    {
        private readonly ActorAgent _agent;
        private readonly ActorLife _life;
        private readonly VmId _vm;
        private readonly Func<string, CopyInput, ValueTask> _tell;
        private readonly ModelHands _model;

        public Hands(
            ActorAgent agent, ActorLife life, VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report)
        {
            (_agent, _life, _vm, _tell) = (agent, life, vm, tell);
            _model = new ModelHands(agent._host, agent._world, (_, directory, input) => Tell(directory, input), report);
        }

        public Task<MachineLook?> RecoverAsync(HeldCopy copy) => Task.FromResult(
            _agent._world.Hypervisors.Find(_agent._host, copy.Directory) is { } machine
                ? ModelHypervisors.LookAt(machine)
                : null);

        public void Run(CopyEffect effect, TimeSpan noted)
        {
            if (!_life.IsOver)
                _life.Guard(() => _model.Do(_vm, effect));
        }

        public void Tell(string directory, CopyInput input)
        {
            var told = _tell(directory, input);
            if (!told.IsCompletedSuccessfully)
                throw new InvalidOperationException($"the mailbox of {_vm} at {_agent._host} is full");
        }

        /// <summary>A transfer dies with whoever relayed it.</summary>
        public ValueTask DisposeAsync()
        {
            if (!_life.IsOver && _agent._hands.Remove(_vm))
                _life.Guard(() => _agent._world.Hypervisors.CloseRelays(_agent._host, _vm));
            return ValueTask.CompletedTask;
        }
    }
}
