using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Runtime;

public sealed class EntityTests : RuntimeTest
{
    private int _alive;

    [Fact]
    public void First_message_starts_the_entity_and_later_ones_find_it()
    {
        Register();
        System.Entity("vm", "a").Tell("1");
        System.Entity("vm", "b").Tell("2");
        System.Entity("vm", "a").Tell("3");
        Idle();
        Diary.Where(line => line.Contains("start")).Order(StringComparer.Ordinal).ShouldBe(["a start", "b start"]);
        Diary.Where(line => line.StartsWith('a')).ShouldBe(["a start", "a 1", "a 3"]);
        System.Entities.LiveCount("vm").ShouldBe(2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Passivation_loses_no_message_keeps_the_order_and_never_runs_two_at_once(int everyOther)
    {
        Register();
        var entity = System.Entity("vm", "a");
        for (var i = 0; i < 60; i++)
        {
            entity.Tell($"{i}").ShouldBe(TellResult.Accepted);
            if (i % everyOther == 0) _ = System.Entities.StopAsync("vm", "a");
            if (i % 7 == 0) Idle();
        }

        Idle();
        Diary.Where(line => int.TryParse(line[2..], out _)).ShouldBe(Enumerable.Range(0, 60).Select(i => $"a {i}"));
        Diary.Count(line => line is "a stop").ShouldBeGreaterThan(1);
        System.DeadLetterCount.ShouldBe(0);
    }

    [Fact]
    public void Entity_that_stopped_with_an_empty_mailbox_leaves_nothing_behind()
    {
        Register();
        System.Entity("vm", "a").Tell("stop yourself");
        Idle();
        System.Entities.LiveCount("vm").ShouldBe(0);
        System.Entity("vm", "a").Tell("again");
        Idle();
        Diary.ShouldBe(["a start", "a stop yourself", "a stop", "a start", "a again"]);
    }

    [Fact]
    public void Messages_wait_while_the_entity_is_restarted()
    {
        Register();
        var entity = System.Entity("vm", "a");
        entity.Tell("fail");
        Idle();
        entity.Tell("waits");
        Idle();
        Diary.Contains("a waits", StringComparer.Ordinal).ShouldBeFalse();
        Advance(1);
        Diary[^1].ShouldBe("a waits");
    }

    [Fact]
    public void Entity_that_failed_for_good_does_not_feed_its_mailbox_to_the_next_and_the_next_message_starts_it()
    {
        Register();
        var entity = System.Entity("vm", "a");
        entity.Tell("give up");
        entity.Tell("lost");
        Idle();
        Published<DeadLetter>().Single().Message.ShouldBe("lost");
        entity.Tell("hello");
        Idle();
        Diary[^1].ShouldBe("a hello");
    }

    [Fact]
    public void Entity_that_may_not_run_here_is_refused_and_what_waited_is_not_started_again()
    {
        var mine = true;
        Register(_ => mine);
        System.Entity("vm", "a").Tell("1");
        Idle();
        System.Entity("vm", "a").Tell("2");
        mine = false;
        var stopped = System.Entities.StopWhereAsync("vm", id => id is "a");
        Idle();
        stopped.IsCompletedSuccessfully.ShouldBeTrue();
        System.Entity("vm", "a").Tell("3").ShouldBe(TellResult.Refused);
        Diary.Contains("a 2", StringComparer.Ordinal).ShouldBeFalse();
        System.DeadLetterCount.ShouldBe(2);
    }

    [Fact]
    public void Number_of_live_entities_is_bounded()
    {
        Register();
        for (var i = 0; i < Limits.Actors.EntitiesPerKindMax; i++) System.Entity("vm", $"{i}").Tell("hello");
        System.Entity("vm", "one-too-many").Tell("hello").ShouldBe(TellResult.Refused);
        System.Entity("vm", "7").Tell("hello").ShouldBe(TellResult.Accepted);
    }

    [Fact]
    public void Unknown_kind_and_unreadable_id_are_errors_of_the_caller()
    {
        Register();
        Should.Throw<InvalidOperationException>(() => System.Entity("nothing", "a"));
        Should.Throw<ArgumentException>(() => System.Entity("vm", "../a"));
        Should.Throw<InvalidOperationException>(() => Register());
    }

    private void Register(Func<string, bool>? mayStart = null) =>
        System.Entities.Register("vm", id => Props.Create(() =>
        new ProbeActor(async (self, message) =>
        {
            await Task.Yield();
            Note($"{id} {message}");
            switch (message)
            {
                case "fail": throw new InvalidDataException();
                case "give up": throw new StopActorException("given up");
                case "stop yourself": self.Context.Stop(self.Context.Self); break;
            }
        })
        {
            OnPreStart = _ =>
            {
                if (id is "a") (++_alive).ShouldBe(1, "two incarnations at once");
                Note($"{id} start");
            },
            OnPostStop = _ =>
            {
                if (id is "a") _alive--;
                Note($"{id} stop");
            },
        }), mayStart);
}
