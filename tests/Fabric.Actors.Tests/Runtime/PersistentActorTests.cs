using System.Runtime.CompilerServices;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Actors.Tests.Journal;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Runtime;

public sealed class PersistentActorTests : RuntimeTest
{
    private static readonly StreamId Stream = new("account", "a");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly MemoryJournal _journal;
    private bool _careless;

    public PersistentActorTests()
    {
        _journal = new MemoryJournal(TestEvents.Registry, Dispatcher.Time);
        System.Entities.Register("account", id => Props.Create(
            () => new AccountActor(_journal, id, actor => Note($"{id} recovered {actor.Sum} at {actor.At}"))
            {
                Careless = _careless,
            }));
    }

    private IActorRef Account => System.Entity("account", "a");

    [Fact]
    public void State_is_the_fold_of_the_stream_after_a_stop_and_start()
    {
        Ask(new Added(2)).ShouldBe(2);
        Ask(new Added(3)).ShouldBe(5);
        _ = System.Entities.StopAsync("account", "a");
        Idle();
        Ask("sum").ShouldBe(5);
        Diary.ShouldBe(["a recovered 0 at 0", "a recovered 5 at 2"]);
    }

    [Fact]
    public void Also_appends_to_another_stream_in_the_same_transaction()
    {
        var vm = new StreamId("vm", "web-1");
        Ask(new StreamAppend(vm, 0, [new Opened("owner = target")])).ShouldBe(1);
        (_journal.Rows(Stream).Count, _journal.Rows(vm).Count).ShouldBe((1, 1));

        Account.Tell(new StreamAppend(vm, 0, [new Opened("stale")]));
        Idle();
        (_journal.Rows(Stream).Count, _journal.Rows(vm).Count).ShouldBe((1, 1));
        Published<WriterStopped>().Single().Cause.ShouldBeOfType<JournalConflictException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Writer_that_meets_another_writer_stops_even_if_it_swallows_the_conflict(bool careless)
    {
        _careless = careless;
        Ask(careless ? "sum" : new Added(2));
        Dispatcher.Run(() => _journal.AppendAsync(
            [new StreamAppend(Stream, _journal.Rows(Stream).Count, [new Added(100)])]), Limit);

        Account.Tell(new Added(1));
        Idle();

        Published<WriterStopped>().Single().Stream.ShouldBe(Stream);
        System.Entities.LiveCount("account").ShouldBe(0);
        Ask("sum").ShouldBe(careless ? 100 : 102, "the next message starts it again, from the journal");
    }

    [Theory]
    [InlineData(JournalFailure.BeforeWrite, 2)]
    [InlineData(JournalFailure.DiskFull, 2)]
    [InlineData(JournalFailure.TornCommit, 2)]
    [InlineData(JournalFailure.AfterCommit, 12)]
    [InlineData(JournalFailure.Hang, 2)]
    public void After_an_append_of_unknown_outcome_the_journal_says_what_is_true(JournalFailure failure, long truth)
    {
        Ask(new Added(2));
        _journal.FailNext(failure);
        Account.Tell(new Added(10));
        Account.Tell("waits in the mailbox");
        Dispatcher.AdvanceBy(Patience);

        Published<object>().ShouldSatisfyAllConditions(
            all => all.OfType<WriterStopped>().Count().ShouldBe(1),
            all => all.OfType<ActorFailed>().ShouldBeEmpty(),
            all => all.OfType<DeadLetter>().ShouldBeEmpty());
        Ask("sum").ShouldBe(truth);
        Diary[^1].ShouldStartWith($"a recovered {truth}");
    }

    [Fact]
    public void Actor_that_is_to_read_its_journal_again_does_so_by_itself_and_no_oftener()
    {
        var again = TimeSpan.FromSeconds(1);
        var supervision = new SupervisionPolicy { RereadAfter = again, RestartsMax = 1 };
        System.Entities.Register("patient", id => Supervised(
            () => new AccountActor(_journal, id, actor => Note($"recovered {actor.Sum}")), supervision));
        _journal.Always = JournalFailure.DiskFull;
        for (var i = 0; i < 5; i++)
            System.Entity("patient", "p").Tell(new Added(1));

        Idle();
        Diary.ShouldBe(["recovered 0"]);
        Published<WriterStopped>().Count.ShouldBe(1, "what waits in the mailbox must not hammer on a full disk");
        Dispatcher.AdvanceBy(4 * again);
        Diary.Count.ShouldBe(5);
        Published<ActorFailed>().ShouldBeEmpty("a full disk is no failure of the actor");

        _journal.Always = null;
        Dispatcher.AdvanceBy(again);
        Diary.Count.ShouldBe(6, "nobody told it anything");
        System.Entity("patient", "p").Tell(new Added(7));
        Idle();
        _journal.Rows(new StreamId("account", "p")).Count.ShouldBe(1);
    }

    [Fact]
    public void Actor_whose_recovery_cannot_write_waits_between_two_tries()
    {
        var supervision = new SupervisionPolicy { RereadAfter = TimeSpan.FromSeconds(1) };
        System.Entities.Register("eager", id => Supervised(() => new EagerActor(_journal, id), supervision));
        _journal.Always = JournalFailure.DiskFull;
        System.Entity("eager", "e").Tell(new Added(1));
        Idle();
        Published<WriterStopped>().Count.ShouldBe(1);
        _journal.Always = null;
        Advance(1);
        _journal.Rows(new StreamId("account", "e")).Count.ShouldBe(2, "what it writes first, and what waited");
    }

    [Fact]
    public void Event_that_cannot_follow_is_never_written_and_the_actor_goes_on()
    {
        Ask(new Closed("done")).ShouldBe(-1);
        Account.Tell(new Added(1));
        Advance(10);
        Published<ActorRestarting>().Count.ShouldBe(1);
        _journal.Rows(Stream).Count.ShouldBe(1);
        Ask("sum").ShouldBe(-1);
    }

    [Theory]
    [InlineData("corrupt")]
    [InlineData("unknown")]
    [InlineData("illegal order")]
    [InlineData("foreign")]
    public void Stream_that_cannot_be_recovered_stops_that_actor_and_nothing_else(string what)
    {
        Seed(Stream, what switch
        {
            "illegal order" => [new Closed("first"), new Added(1)],
            _ => [new Added(1), new Added(2)],
        });
        Seed(new StreamId("account", "b"), [new Added(7)]);
        if (what is "corrupt") _journal.Tamper(Stream, 2, row => row with { Json = "{\"Bytes\":9}"u8.ToArray() });
        if (what is "foreign") _journal.Tamper(Stream, 1, _ => null);
        if (what is "unknown") Rename(2, "test.invented.v9");

        var ask = Account.Ask<long>("sum", Patience);
        var refusedAtOnce = Account.Ask<long>("sum", Patience);
        Idle();

        var failed = Published<object>();
        failed.OfType<RecoveryFailed>().Single().Stream.ShouldBe(Stream);
        var cause = failed.OfType<ActorFailed>().Single().Cause.ShouldBeOfType<RecoveryFailedException>();
        (cause.InnerException is UnknownEventException).ShouldBe(what is "unknown");
        refusedAtOnce.IsFaulted.ShouldBeTrue();
        ask.IsFaulted.ShouldBeTrue();
        Dispatcher.Run(() => System.Entity("account", "b").Ask<long>("sum", Patience), Limit).ShouldBe(7);
    }

    [Fact]
    public void Recovery_that_hangs_ends_in_a_timeout_and_the_next_message_tries_again()
    {
        var slow = new HangingJournal(_journal);
        System.Entities.Register("slow", id => Props.Create(() => new AccountActor(slow, id)));
        System.Entity("slow", "s").Tell("sum");
        Dispatcher.AdvanceBy(Patience);
        Published<RecoveryFailed>().Single().Cause.ShouldBeOfType<TimeoutException>();

        slow.Hangs = false;
        Dispatcher.Run(() => System.Entity("slow", "s").Ask<long>("sum", Patience), Limit).ShouldBe(0);
    }

    /// <summary>
    /// A journal that cannot be read for longer than any window of restarts must not end an actor for good.
    /// </summary>
    [Fact]
    public void Recovery_goes_on_by_itself_however_long_the_journal_could_not_be_read()
    {
        var slow = new HangingJournal(_journal);
        System.Entities.Register("slow", id => Supervised(
            () => new AccountActor(slow, id), new SupervisionPolicy { RereadAfter = TimeSpan.FromSeconds(1) }));
        System.Entity("slow", "s").Tell("sum");
        Dispatcher.AdvanceBy(TimeSpan.FromHours(1));
        var published = Published<object>();
        published.OfType<ActorFailed>().ShouldBeEmpty();
        published.OfType<RecoveryFailed>().Count().ShouldBeGreaterThan(10);

        slow.Hangs = false;
        Dispatcher.Run(() => System.Entity("slow", "s").Ask<long>("sum", Patience), Limit).ShouldBe(0);
    }

    [Fact]
    public void Two_writers_of_one_stream_never_both_succeed_on_one_version()
    {
        // The same stream under two addresses: what two coordinators would be.
        System.Entities.Register("rival", _ => Props.Create(() => new AccountActor(_journal, "a")));
        for (var i = 0; i < 50; i++)
        {
            Account.Tell(new Added(1));
            System.Entity("rival", "a").Tell(new Added(1));
            Dispatcher.AdvanceBy(TimeSpan.FromSeconds(1));
        }

        var rows = _journal.Rows(Stream);
        rows.Select(row => row.Version).ShouldBe(Enumerable.Range(1, rows.Count).Select(v => (long)v));
        var stops = Published<WriterStopped>();
        stops.ShouldNotBeEmpty();
        (rows.Count + stops.Count).ShouldBe(100, "every message either wrote or stopped its writer");
        Ask("sum").ShouldBe(rows.Count);
    }

    [Fact]
    public void Who_reads_on_stops_where_another_writer_was_and_goes_on_where_none_was()
    {
        Account.Tell(new Added(1));
        Ask("look").ShouldBe(1);
        Dispatcher.Run(() => _journal.AppendAsync([new StreamAppend(Stream, 1, [new Added(2)])]), Limit);
        Ask("sum").ShouldBe(1, "nobody has told it");

        Account.Tell("look");
        Dispatcher.AdvanceBy(TimeSpan.FromSeconds(1));

        Published<WriterStopped>().Single().Cause.ShouldBeOfType<JournalConflictException>().ActualVersion.ShouldBe(2);
        Ask("sum").ShouldBe(3);
    }

    [Fact]
    public void Who_cannot_read_on_goes_on_with_what_it_knows()
    {
        var slow = new HangingJournal(_journal) { Hangs = false };
        System.Entities.Register("slow", _ => Props.Create(() => new AccountActor(slow, "s")));
        Dispatcher.Run(() => System.Entity("slow", "s").Ask<long>("sum", Patience), Limit).ShouldBe(0);

        slow.Hangs = true;
        System.Entity("slow", "s").Tell("look");
        Dispatcher.AdvanceBy(Patience);

        Dispatcher.Run(() => System.Entity("slow", "s").Ask<long>("sum", Patience), Limit).ShouldBe(0);
        Published<WriterStopped>().ShouldBeEmpty();
    }

    private static Props Supervised(Func<Actor> factory, SupervisionPolicy supervision) =>
        Props.Create(factory) with { Supervision = supervision };

    private long Ask(object message) => Dispatcher.Run(() => Account.Ask<long>(message, Patience), Limit);

    private void Seed(StreamId stream, IReadOnlyList<object> events) =>
        Dispatcher.Run(() => _journal.AppendAsync([new StreamAppend(stream, 0, events)]), Limit);

    // A sound row under a name that this build does not know, as a newer build would have written it.
    private void Rename(long version, string name) => _journal.Tamper(Stream, version, row => row with
    {
        Name = name,
        Checksum = RowChain.Checksum(
            _journal.Rows(Stream)[(int)version - 2].Checksum, Stream, version, row.Sequence, name,
            row.RecordedAtMs, row.Json),
    });

    private sealed class EagerActor(IJournal journal, string id) : PersistentActor<long, TestEvent>(journal)
    {
        protected override StreamId PersistenceId => new("account", id);

        protected override long InitialState => 0;

        protected override long Evolve(long state, TestEvent @event) => state + 1;

        protected override async ValueTask RecoveredAsync() => await PersistAsync(new Added(1));

        protected override async ValueTask ReceiveAsync(object message) => await PersistAsync((TestEvent)message);
    }

    private sealed class HangingJournal(IJournal inner) : IJournal
    {
        public bool Hangs { get; set; } = true;

        public Task<AppendResult> AppendAsync(
            IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default) =>
            inner.AppendAsync(appends, cancellationToken);

        public async IAsyncEnumerable<RecordedEvent> ReadAsync(
            StreamId stream, long fromVersion = 1,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            if (Hangs) await new TaskCompletionSource().Task;
            await foreach (var e in inner.ReadAsync(stream, fromVersion, cancellationToken)) yield return e;
        }

        public IAsyncEnumerable<StreamInfo> ListStreamsAsync(
            string kindPrefix, CancellationToken cancellationToken = default) =>
            inner.ListStreamsAsync(kindPrefix, cancellationToken);
    }
}
