using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

public sealed class SupervisionTests : RuntimeTest
{
    private static readonly SupervisionPolicy Policy = new()
    {
        BackoffMin = TimeSpan.FromSeconds(1),
        BackoffMax = TimeSpan.FromSeconds(4),
        Jitter = 0,
        RestartsMax = 3,
        Window = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public void Restart_makes_a_new_instance_and_keeps_the_mailbox()
    {
        var actor = SpawnFaulty(Policy);
        foreach (var message in (object[])["a", new InvalidDataException(), "b"]) actor.Tell(message);
        Advance(0.5);
        actor.Tell("c, during the back-off");
        Diary.ShouldBe(["start 1", "1: a", "prerestart 1", "stop 1"]);
        Advance(1);
        Diary.Skip(4).ShouldBe(["start 2", "2: b", "2: c, during the back-off"]);
        Published<ActorRestarting>().Single().Delay.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Backoff_doubles_up_to_its_maximum_and_one_failure_too_many_stops_the_actor()
    {
        var actor = SpawnFaulty(Policy with { RestartsMax = 4 });
        for (var i = 0; i < 5; i++) actor.Tell(new InvalidDataException($"{i}"));
        actor.Tell("never handled");
        Advance(60);

        var all = Published<object>();
        all.OfType<ActorRestarting>().Select(r => r.Delay.TotalSeconds).ShouldBe([1, 2, 4, 4]);
        all.OfType<ActorFailed>().Single().Cause.Message.ShouldBe("4");
        all.OfType<DeadLetter>().Single().Message.ShouldBe("never handled");
        Diary[^1].ShouldBe("stop 5");
    }

    [Fact]
    public void Failures_outside_the_window_do_not_count()
    {
        var actor = SpawnFaulty(Policy);
        for (var i = 0; i < 10; i++)
        {
            actor.Tell(new InvalidDataException());
            Advance(61);
        }

        Published<ActorFailed>().ShouldBeEmpty();
        Diary.Count(line => line.StartsWith("start", StringComparison.Ordinal)).ShouldBe(11);
    }

    [Fact]
    public void Stop_directive_and_StopActorException_stop_at_once()
    {
        SpawnFaulty(Policy with { Decider = _ => SupervisionDirective.Stop }, "a").Tell(new InvalidDataException());
        SpawnFaulty(Policy, "b").Tell(new StopActorException("enough"));
        Idle();
        Published<ActorFailed>().Select(f => f.Path).Order(StringComparer.Ordinal).ShouldBe(["/user/a", "/user/b"]);
    }

    [Fact]
    public void Resume_keeps_the_instance()
    {
        var actor = SpawnFaulty(Policy with { Decider = _ => SupervisionDirective.Resume });
        foreach (var message in (object[])["a", new InvalidDataException(), "b"]) actor.Tell(message);
        Idle();
        Diary.ShouldBe(["start 1", "1: a", "1: b"]);
    }

    [Fact]
    public void Actor_that_cannot_start_is_restarted_even_when_its_policy_says_resume()
    {
        var starts = 0;
        var props = Props.Create(
            () => ++starts < 3 ? throw new InvalidDataException() : new ProbeActor((_, m) => Note(m)));
        var resume = Policy with { Decider = _ => SupervisionDirective.Resume };
        System.ActorOf(props with { Supervision = resume }, "probe").Tell("hello");
        Advance(10);
        Diary.ShouldBe(["hello"]);
        starts.ShouldBe(3);
    }

    [Fact]
    public void Children_of_the_failed_instance_stop_before_the_new_one_starts()
    {
        var props = Props.Create(() => new ProbeActor((_, message) => throw (Exception)message)
        {
            OnPreStart = self =>
            {
                Note("parent starts");
                self.Context.ActorOf(Props.Create(() => new ProbeActor((_, _) => { })
                {
                    OnPostStop = _ => Note("child stops"),
                }), "child");
            },
        });
        var actor = System.ActorOf(props with { Supervision = Policy }, "parent");
        actor.Tell(new InvalidDataException());
        Advance(2);
        Diary.ShouldBe(["parent starts", "child stops", "parent starts"]);
    }

    [Fact]
    public void Stop_during_the_backoff_ends_the_actor_without_another_start()
    {
        var actor = SpawnFaulty(Policy);
        actor.Tell(new InvalidDataException());
        Idle();
        var stopped = System.StopAsync(actor);
        Advance(60);
        stopped.IsCompletedSuccessfully.ShouldBeTrue();
        Diary.ShouldBe(["start 1", "prerestart 1", "stop 1"]);
    }

    [Fact]
    public void Parent_stops_after_its_children_and_watchers_hear_of_it_last()
    {
        var parent = System.ActorOf(Props.Create(() => new ProbeActor((_, _) => { })
        {
            OnPreStart = self => self.Context.ActorOf(Props.Create(() => new ProbeActor((_, _) => { })
            {
                OnPostStop = _ => Note("child"),
            }), "child"),
            OnPostStop = _ => Note("parent"),
        }), "parent");
        Watcher().Tell(parent);
        Idle();
        _ = System.StopAsync(parent);
        Idle();
        Diary.ShouldBe(["child", "parent", "terminated /user/parent"]);
    }

    [Fact]
    public void Watching_the_dead_says_so_at_once_and_unwatched_deaths_are_not_told()
    {
        var dead = Spawn((_, _) => { }, "dead");
        _ = System.StopAsync(dead);
        Idle();
        Watcher("w1").Tell(dead);
        var other = Spawn((_, _) => { }, "other");
        var watcher = Watcher("w2");
        watcher.Tell(other);
        watcher.Tell("unwatch");
        Idle();
        _ = System.StopAsync(other);
        Idle();
        Diary.ShouldBe(["terminated /user/dead"]);
    }

    [Fact]
    public void Stop_cancels_the_token_of_a_handler_that_still_waits()
    {
        var actor = System.ActorOf(Props.Create(() => new ProbeActor(async (self, _) =>
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, Dispatcher.Time, self.Context.Stopping);
            }
            catch (OperationCanceledException)
            {
                Note("cancelled");
            }
        })), "probe");
        actor.Tell(1);
        Idle();
        var stopped = System.StopAsync(actor);
        Idle();
        stopped.IsCompletedSuccessfully.ShouldBeTrue();
        Diary.ShouldBe(["cancelled"]);
    }

    [Fact]
    public void Jitter_stays_in_its_fraction()
    {
        var policy = Policy with { Jitter = 0.5 };
        policy.Backoff(0, 0).ShouldBe(TimeSpan.FromSeconds(1));
        policy.Backoff(0, 1).ShouldBe(TimeSpan.FromSeconds(1.5));
        policy.Backoff(1_000_000, 0).ShouldBe(TimeSpan.FromSeconds(4));
    }

    private IActorRef Watcher(string name = "watcher")
    {
        IActorRef? watched = null;
        return Spawn((self, message) =>
        {
            switch (message)
            {
                case IActorRef actor: self.Context.Watch(watched = actor); break;
                case "unwatch": self.Context.Unwatch(watched!); break;
                case Terminated terminated: Note($"terminated {terminated.Actor.Path}"); break;
            }
        }, name);
    }

    private IActorRef SpawnFaulty(SupervisionPolicy policy, string name = "faulty")
    {
        var instances = 0;
        var props = Props.Create(() =>
        {
            var number = ++instances;
            return new ProbeActor((_, message) =>
            {
                if (message is Exception exception) throw exception;
                Note($"{number}: {message}");
            })
            {
                OnPreStart = _ => Note($"start {number}"),
                OnPreRestart = (_, _) => Note($"prerestart {number}"),
                OnPostStop = _ => Note($"stop {number}"),
            };
        });
        return System.ActorOf(props with { Supervision = policy }, name);
    }
}
