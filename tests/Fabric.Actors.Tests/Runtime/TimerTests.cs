using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

public sealed class TimerTests : RuntimeTest
{
    [Fact]
    public void Single_fires_once_and_periodic_until_cancelled()
    {
        var actor = SpawnTimed();
        actor.Tell(new Do(t => t.StartSingle("once", "single", TimeSpan.FromSeconds(1))));
        actor.Tell(new Do(t => t.StartPeriodic("often", "periodic", TimeSpan.FromSeconds(2))));
        Advance(7);
        Diary.ShouldBe(["1: single", "2: periodic", "4: periodic", "6: periodic"]);
        actor.Tell(new Do(t => t.Cancel("often")));
        Advance(10);
        Diary.Count.ShouldBe(4);
    }

    [Fact]
    public void Starting_a_key_again_replaces_it()
    {
        var actor = SpawnTimed();
        actor.Tell(new Do(t => t.StartSingle("key", "old", TimeSpan.FromSeconds(1))));
        actor.Tell(new Do(t => t.StartSingle("key", "new", TimeSpan.FromSeconds(2))));
        Advance(5);
        Diary.ShouldBe(["2: new"]);
    }

    [Fact]
    public void Timer_that_fired_and_was_then_cancelled_is_not_delivered()
    {
        var gate = new TaskCompletionSource();
        var actor = System.ActorOf(Props.Create(() => new ProbeActor(async (self, message) =>
        {
            if (message is "begin")
            {
                self.Context.Timers.StartSingle("key", "must not arrive", TimeSpan.FromSeconds(1));
                await gate.Task;
                self.Context.Timers.Cancel("key");
            }

            Note(message);
        })), "probe");
        actor.Tell("begin");
        Advance(2);
        gate.SetResult();
        Advance(2);
        Diary.ShouldBe(["begin"]);
    }

    [Fact]
    public void Restart_and_stop_cancel_timers()
    {
        var actor = SpawnTimed();
        actor.Tell(new Do(t => t.StartPeriodic("key", "must not arrive", TimeSpan.FromSeconds(60))));
        actor.Tell(new Do(_ => throw new InvalidDataException()));
        Advance(120);
        actor.Tell(new Do(t => t.StartPeriodic("key", "must not arrive", TimeSpan.FromSeconds(60))));
        Idle();
        _ = System.StopAsync(actor);
        Advance(120);
        Diary.ShouldBeEmpty();
        Dispatcher.Time.NextDue.ShouldBeNull();
    }

    [Fact]
    public void Full_mailbox_neither_loses_a_timer_nor_starves_it()
    {
        var gate = new TaskCompletionSource();
        var props = Props.Create(() => new ProbeActor(async (self, message) =>
        {
            if (message is "begin")
            {
                self.Context.Timers.StartSingle("key", "timer", TimeSpan.FromSeconds(1));
                await gate.Task;
            }

            Note(message);
        }));
        var actor = System.ActorOf(props with { MailboxCapacity = 4 }, "probe");
        actor.Tell("begin");
        Idle();
        for (var i = 0; i < 5; i++) actor.Tell(i);
        Advance(2);
        gate.SetResult();
        Idle();
        Diary.Contains("timer", StringComparer.Ordinal).ShouldBeTrue();
        Diary.IndexOf("timer").ShouldBeLessThan(4, "the mailbox does not go first for ever");
        Diary.Count.ShouldBe(6);
    }

    [Fact]
    public void Periodic_messages_do_not_pile_up_behind_a_slow_handler()
    {
        var gate = new TaskCompletionSource();
        var actor = System.ActorOf(Props.Create(() => new ProbeActor(async (self, message) =>
        {
            Note(message);
            if (message is not "begin") return;
            self.Context.Timers.StartPeriodic("key", "tick", TimeSpan.FromSeconds(1));
            await gate.Task;
            self.Context.Timers.IsActive("key").ShouldBeTrue();
        })), "probe");
        actor.Tell("begin");
        Advance(100.5);
        gate.SetResult();
        Idle();
        Diary.ShouldBe(["begin", "tick"]);
    }

    private IActorRef SpawnTimed() => Spawn((self, message) =>
    {
        if (message is Do what) what.Run(self.Context.Timers);
        else Note($"{Dispatcher.Time.Elapsed.TotalSeconds}: {message}");
    });

    private sealed record Do(Action<ITimers> Run);
}
