using Fabric.Actors.Cluster;
using Fabric.Actors.Coordination;
using Fabric.Actors.Runtime;
using Fabric.Protocol;
using Fabric.Testing.Scenarios;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>The real coordinator with all its actors; its links lead into the scenario's mail.</summary>
internal sealed class ActorCoordinator(IScenarioSurroundings world, ActorJournal journal, Func<int?> seed)
    : IScenarioCoordinator
{
    private ActorLife? _life;
    private Coordinator? _coordinator;

    public bool IsUp => _life is { IsOver: false };

    public DateTimeOffset? NextWake => IsUp ? Life.NextWake : null;

    public IEnumerable<MigrationState> Active => journal.Active();

    private ActorLife Life => _life!;

    private Coordinator Real => _coordinator!;

    public void Start()
    {
        var life = _life = new ActorLife("coordinator", world, seed());
        journal.Committed = (stream, happened) => _life.Guard(() => world.Journalled(stream, happened));
        _coordinator = new Coordinator(
            life.System,
            new LifeJournal(life, journal.Rows, world.CoordinatorDiesHere, world.Say),
            new Links(world, life),
            hold: null);
        life.Run(() => Real.ResumeAsync(CancellationToken.None));
    }

    public void Kill() => Life.End();

    public void Ask(VmId vm, VmInput input) => Ask(EntityKinds.Vm, vm.Value, input);

    public void Ask(VmId vm, MigrationInput input)
    {
        if (VmOf(vm) is LockedVm locked)
            Ask(EntityKinds.Migration, locked.Migration.Value, input);
        else
            world.Say("answer   refused: no migration of this VM is under way");
    }

    public void Deliver(HostId host, Report report) =>
        Life.Run(() => Real.OnMessageAsync(host, report, CancellationToken.None).AsTask());

    public void HostFound(HostId host) => Life.Run(() => Real.OnHostConnectedAsync(host, "1", 1).AsTask());

    public void HostLost(HostId host) =>
        Life.Run(() => Real.OnHostDisconnectedAsync(host, new LinkEnd(LinkFault.PeerClosed, "the scenario")).AsTask());

    public void Wake() => Life.Pump();

    public IEnumerable<string> Describe() => journal.Describe(SightOf);

    public VmState VmOf(VmId vm) => journal.VmOf(vm);

    private void Ask(string kind, string id, object input)
    {
        var life = Life;
        life.Tell(kind, id, input, new Ears(answer =>
        {
            if (!life.IsOver)
                life.Guard(() => world.Say($"answer   {Text(answer)}"));
        }));
    }

    private Sight? SightOf(MigrationId migration)
    {
        Sight? sight = null;
        Life.Tell(
            EntityKinds.Migration, migration.Value, Actors.Coordination.Describe.State,
            new Ears(answer => sight = ((MigrationState)answer).Sight));
        return sight;
    }

    private static string Text(object answer) => answer switch
    {
        VmReply { Refusal: { } no } => $"refused: {no.Code} {no.Reason} {no.Detail}",
        VmReply => "accepted",
        OperatorAnswer a => $"{(a.Accepted ? "accepted" : "refused")}: {a.Text}",
        Failure => "unknown: the journal did not acknowledge",
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, "not an answer"),
    };

    private sealed class Links(IScenarioSurroundings world, ActorLife life) : IHostLinks
    {
        public bool TrySend(HostId host, Order order)
        {
            if (!IsConnected(host))
                return false;
            life.Guard(() => world.Post(new Letter(host, order, null)));
            return true;
        }

        public bool IsConnected(HostId host) => !life.IsOver && world.IsConnected(host);
    }
}
