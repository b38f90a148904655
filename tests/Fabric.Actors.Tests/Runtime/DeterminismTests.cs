using System.Globalization;
using System.Text;
using Fabric.Actors.Runtime;
using Fabric.Actors.Tests.Journal;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Runtime;

/// <summary>The promise of the runtime: one seed, one run, byte for byte.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void Same_seed_makes_the_same_trace_and_other_seeds_make_others()
    {
        var traces = Enumerable.Range(0, 20).Select(Trace).ToList();
        for (var seed = 0; seed < traces.Count; seed++) Trace(seed).ShouldBe(traces[seed]);
        traces.Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(15);
        traces[0].Length.ShouldBeGreaterThan(5_000, "a trace that shows little proves little");
    }

    [Fact]
    public void Work_that_comes_back_from_another_thread_is_an_error_and_not_a_silent_difference()
    {
        var dispatcher = new DeterministicDispatcher(1);
        var gate = new TaskCompletionSource();
        New(dispatcher, null).ActorOf(
            Props.Create(() => new ProbeActor(async (_, _) => await gate.Task)), "waits").Tell(1);
        dispatcher.RunUntilIdle();

        var foreign = new Thread(gate.SetResult);
        foreign.Start();
        foreign.Join();

        Should.Throw<NondeterminismException>(dispatcher.RunUntilIdle).Message.ShouldContain("/user/waits");
    }

    [Fact]
    public void Timers_of_one_instant_fire_in_the_order_they_were_made_and_time_never_runs_back()
    {
        var time = new VirtualTime();
        var fired = new List<string>();
        foreach (var (name, due) in new[] { ("c", 2), ("a", 1), ("b", 1) })
            time.CreateTimer(_ => fired.Add($"{name}@{time.Elapsed.TotalSeconds}"), null, TimeSpan.FromSeconds(due),
                Timeout.InfiniteTimeSpan);
        time.AdvanceBy(TimeSpan.FromSeconds(5));
        time.AdvanceTo(TimeSpan.FromSeconds(1));
        fired.ShouldBe(["a@1", "b@1", "c@2"]);
        time.Elapsed.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Step_of_the_wall_clock_moves_no_timer()
    {
        var time = new VirtualTime();
        var fired = 0;
        time.CreateTimer(_ => fired++, null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
        time.WallClockOffset = TimeSpan.FromDays(-1);
        time.AdvanceBy(TimeSpan.FromSeconds(59));
        fired.ShouldBe(0);
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        fired.ShouldBe(1);
    }

    // Asks, timers, failures with jitter, persistence, passivation: everything that could bring in chance.
    private static string Trace(int seed)
    {
        var trace = new StringBuilder();
        var dispatcher = new DeterministicDispatcher(seed)
        {
            OnStep = (step, at, lane) => trace.Append(CultureInfo.InvariantCulture, $"{step} {at} {lane}\n"),
        };
        var journal = new MemoryJournal(TestEvents.Registry, dispatcher.Time);
        var system = New(
            dispatcher, (path, message) => trace.Append(CultureInfo.InvariantCulture, $"  {path} <- {message}\n"));
        system.Entities.Register("account", id => Props.Create(() => new AccountActor(journal, id)));
        for (var i = 0; i < 4; i++)
        {
            var id = $"{i}";
            system.ActorOf(Props.Create(() => Client(system, id, dispatcher.Time)), $"client-{id}").Tell("go");
        }

        dispatcher.AdvanceBy(TimeSpan.FromMinutes(1));
        trace.Append(CultureInfo.InvariantCulture, $"{journal.Appends} appends, {dispatcher.Steps} steps");
        return trace.ToString();
    }

    private static ProbeActor Client(ActorSystem system, string id, TimeProvider time) => new(async (self, message) =>
    {
        var reply = await system.Entity("account", "shared").Ask<long>(new Added(1), TimeSpan.FromSeconds(10));
        if (reply % 5 == 0) _ = system.Entities.StopAsync("account", "shared");
        await Task.Delay(TimeSpan.FromMilliseconds(100), time);
        if (reply % 7 == 0) throw new InvalidDataException($"client {id}");
    })
    {
        OnPreStart = self => self.Context.Timers.StartPeriodic("go", "go", TimeSpan.FromSeconds(2)),
    };

    private static ActorSystem New(DeterministicDispatcher dispatcher, Action<string, object>? onTurn) => new(
        new ActorSystemOptions
        {
            Name = "test",
            TimeProvider = dispatcher.Time,
            Dispatcher = dispatcher,
            Seed = dispatcher.Seed,
            OnTurn = onTurn,
        });
}
