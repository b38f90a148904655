using Fabric.Actors.Agent;
using Fabric.Actors.Coordination;
using Fabric.Actors.Runtime;
using Fabric.Actors.Tests.Runtime;
using Fabric.Actors.Tests.Scenarios;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Agent;

/// <summary>What the shell around a copy's machine promises, where the scenarios' quick processes do not go.</summary>
public sealed class CopyActorTests : RuntimeTest, ICopyHandsFactory, IReportSink
{
    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly Order Start = new StartVm(Stamp.OfLife(Vm, 1), new VmSpec { Id = Vm, MemoryKiB = 131_136 });
    private static readonly MachineLook Runs = new(RunState.Running, MigrationPhase.None);

    private readonly MemoryJournal _ledger;
    private readonly List<Report> _reports = [];
    private readonly List<RecordingHands> _hands = [];
    private TaskCompletionSource<MachineLook?> _look = new();

    public CopyActorTests()
    {
        _ledger = new MemoryJournal(FabricEvents.Registry, Dispatcher.Time);
        HostAgent.Register(System, _ledger, this, this);
    }

    private IActorRef Copy => System.Entity(EntityKinds.Copy, Vm.Value);

    private RecordingHands Hands => _hands[^1];

    [Fact]
    public void Word_of_another_directory_s_process_is_not_taken_for_news_of_this_one()
    {
        Tell(new OrderGiven(Start));
        var directory = Hands.Effects.OfType<StartMachine>().Single().Directory;
        Tell(new CopyTold("v1/earlier", new MachineVanished("killed long ago")));
        State().ShouldBeOfType<OwnedCopy>();
        Tell(new CopyTold(directory, new MachineVanished("killed")));
        State().ShouldBeOfType<EndedCopy>();
    }

    [Fact]
    public void No_order_is_obeyed_before_the_process_was_looked_at()
    {
        Tell(new OrderGiven(Start));
        Restart();
        Tell(new OrderGiven(new ObserveVm(Stamp.OfLife(Vm, 1))));
        _reports.ShouldBeEmpty();
        _look.SetResult(Runs);
        Idle();
        _reports.OfType<LifeReport>().Select(r => r.View).ShouldBe(
            [LifeView.Running, LifeView.Running, LifeView.Running]);
    }

    [Fact]
    public void Nothing_is_done_that_the_ledger_did_not_take_and_the_process_is_looked_for_again_by_itself()
    {
        Tell(new OrderGiven(Start));
        var directory = Hands.Effects.OfType<StartMachine>().Single().Directory;
        _ledger.FailNext(JournalFailure.DiskFull);
        Tell(new CopyTold(directory, new MachineVanished("killed")));
        Published<WriterStopped>().ShouldHaveSingleItem();
        _reports.ShouldBeEmpty();
        _hands[0].IsDisposed.ShouldBeTrue("two pairs of hands on one process");

        _look.SetResult(null);
        Advance(1);
        _hands.Count.ShouldBe(2);
        _reports.OfType<LifeReport>().First().View.ShouldBe(LifeView.Dead);
    }

    [Fact]
    public void Hand_over_is_told_with_its_parts_and_how_long_the_ledger_took()
    {
        Tell(new OrderGiven(Start));
        var directory = Hands.Effects.OfType<StartMachine>().Single().Directory;
        Tell(new CopyTold(directory, new MachineSeen(Runs)));
        Tell(new OrderGiven(new BeginTransfer(
            new Stamp(Vm, MigrationId.Of("v1-m4"), 4, 1, 1), HostId.Of("b"), new DataEndpoint("b", 1), "ticket",
            new TransferPolicy(0, 300))));
        Tell(new CopyTold(directory, new MachineSeen(new MachineLook(RunState.FinishMigrate, MigrationPhase.PreSwitchover))));
        _reports.OfType<SourceReport>().Last().HandOff.ShouldBeNull("it is not handed over");
        Tell(new CopyTold(directory, new MachineSeen(new MachineLook(RunState.Postmigrate, MigrationPhase.Completed)
        {
            HandOff = new HandOffTimes(40) { DisksMs = 30 },
        })));
        var told = _reports.OfType<SourceReport>().Last();
        told.View.ShouldBe(SourceView.HandedOff);
        told.HandOff.ShouldNotBeNull().NoteMs.ShouldNotBeNull();
        (told.HandOff.DisksMs, told.HandOff.LastBytesMs).ShouldBe((30, 40));
    }

    public ICopyHands Create(VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report)
    {
        _hands.Add(new RecordingHands(() => _look.Task));
        return Hands;
    }

    public bool TrySend(Report report)
    {
        _reports.Add(report);
        return true;
    }

    private void Restart()
    {
        _ = System.Entities.StopAsync(EntityKinds.Copy, Vm.Value);
        Idle();
        _look = new TaskCompletionSource<MachineLook?>();
    }

    private void Tell(object message)
    {
        Copy.Tell(message);
        Idle();
    }

    private CopyState State()
    {
        CopyState? state = null;
        Copy.Tell(Describe.State, new Ears(answer => state = (CopyState)answer));
        Idle();
        return state!;
    }

    private sealed class RecordingHands(Func<Task<MachineLook?>> look) : ICopyHands
    {
        public List<CopyEffect> Effects { get; } = [];

        public bool IsDisposed { get; private set; }

        public Task<MachineLook?> RecoverAsync(HeldCopy copy) => look();

        public void Run(CopyEffect effect, TimeSpan noted) => Effects.Add(effect);

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
