using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

public sealed class CoordinatedShutdownTests : RuntimeTest
{
    private CoordinatedShutdown Shutdown => System.CoordinatedShutdown;

    [Fact]
    public void Phases_run_in_order_whatever_the_order_they_were_filled_in()
    {
        foreach (var phase in Enum.GetValues<ShutdownPhase>().Reverse())
            Shutdown.AddTask(phase, "note", async _ =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), Dispatcher.Time);
                Note(phase);
            });

        var outcomes = Dispatcher.Run(() => Shutdown.RunAsync("test"), Limit);

        Diary.ShouldBe(Enum.GetNames<ShutdownPhase>());
        outcomes.ShouldAllBe(outcome => outcome.Fault == null);
    }

    [Fact]
    public void Late_and_failing_tasks_do_not_keep_the_rest_from_running()
    {
        Shutdown.SetTimeout(ShutdownPhase.StopAccepting, TimeSpan.FromSeconds(3));
        Shutdown.AddTask(ShutdownPhase.StopAccepting, "hangs", _ => new TaskCompletionSource().Task);
        Shutdown.AddTask(ShutdownPhase.FinishRequests, "throws", _ => throw new InvalidDataException());
        Shutdown.AddTask(ShutdownPhase.FinishRequests, "runs", _ => Done("runs"));
        Shutdown.AddTask(ShutdownPhase.CloseResources, "last", _ => Done("last"));

        var outcomes = Dispatcher.Run(() => Shutdown.RunAsync("test"), Limit);

        Diary.ShouldBe(["runs", "last"]);
        outcomes.Where(o => o.Fault is not null).Select(o => o.Phase)
            .ShouldBe([ShutdownPhase.StopAccepting, ShutdownPhase.FinishRequests]);
        outcomes[0].Fault.ShouldBeOfType<TimeoutException>();
        Logs.Entries.Where(e => e.Id == 1010).Select(e => e.Text).ShouldContain(text => text.Contains("hangs"));
        Dispatcher.Time.Elapsed.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void It_runs_once_and_the_first_reason_counts()
    {
        Shutdown.AddTask(ShutdownPhase.StopAccepting, "count", _ => Done("once"));
        var first = Shutdown.RunAsync("first");
        var second = Shutdown.RunAsync("second");
        Idle();
        second.ShouldBeSameAs(first);
        Shutdown.Reason.ShouldBe("first");
        Diary.ShouldBe(["once"]);
        Should.Throw<InvalidOperationException>(
            () => Shutdown.AddTask(ShutdownPhase.StopActors, "late", _ => Done("")));
    }

    [Fact]
    public void Entities_stop_before_actors_and_nothing_starts_after()
    {
        System.Entities.Register("vm", id => Props.Create(() => new ProbeActor((_, _) => { })
        {
            OnPostStop = _ => Note($"entity {id}"),
        }));
        System.ActorOf(Props.Create(() => new ProbeActor((_, _) => { }) { OnPostStop = _ => Note("actor") }), "actor");
        System.Entity("vm", "a").Tell("hello");
        Idle();

        Dispatcher.Run(() => Shutdown.RunAsync("test"), Limit);

        Diary.ShouldBe(["entity a", "actor"]);
        System.Entity("vm", "a").Tell("hello").ShouldBe(TellResult.Stopped);
        Should.Throw<InvalidOperationException>(() => Spawn((_, _) => { }));
    }

    private Task Done(string what)
    {
        Note(what);
        return Task.CompletedTask;
    }
}
