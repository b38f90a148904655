using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

/// <summary>The same promises on real threads. Not repeatable: these can show a race, never its absence.</summary>
public sealed class ThreadPoolTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _system = new(new ActorSystemOptions
    {
        Name = "pool",
        TimeProvider = TimeProvider.System,
    });

    [Fact]
    public async Task One_actor_never_runs_on_two_threads_though_its_awaits_move_between_them()
    {
        var inside = 0;
        var clashes = 0;
        var sum = 0;
        var props = Props.Create(() => new ProbeActor(async (self, message) =>
        {
            // Three branches at once inside one message: still one at a time.
            await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
            {
                await Task.Run(() => { });
                if (Interlocked.Increment(ref inside) != 1) Interlocked.Increment(ref clashes);
                sum++;
                Interlocked.Decrement(ref inside);
            }));
            if (message is "sum") self.Sender.Tell(sum);
        }));
        // Room for all: an ask does not wait for room, it is refused.
        var actor = _system.ActorOf(props with { MailboxCapacity = 4_096 }, "probe");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++) await actor.TellAsync(i);
        }))).WaitAsync(Guard);

        (await actor.Ask<int>("sum", Guard)).ShouldBe(6_003);
        clashes.ShouldBe(0);
    }

    [Fact]
    public async Task Passivation_under_load_loses_nothing_and_keeps_each_senders_order()
    {
        const int senders = 4, messages = 1_000;
        var last = new int[senders];
        var outOfOrder = 0;
        var alive = 0;
        var together = 0;
        _system.Entities.Register("vm", _ => Props.Create(() => new ProbeActor((self, message) =>
        {
            if (message is not (int sender, int number))
            {
                self.Sender.Tell("all before were handled");
                return;
            }

            if (number != last[sender] + 1) Interlocked.Increment(ref outOfOrder);
            last[sender] = number;
            if (number % 50 == 0) self.Context.Stop(self.Context.Self);
        })
        {
            OnPreStart = _ => together += Interlocked.Increment(ref alive) == 1 ? 0 : 1,
            OnPostStop = _ => Interlocked.Decrement(ref alive),
        }));

        await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => Task.Run(async () =>
        {
            for (var i = 1; i <= messages; i++)
                (await _system.Entity("vm", "a").TellAsync((sender, i))).ShouldBe(TellResult.Accepted);
        }))).WaitAsync(Guard);
        var end = new TaskCompletionSource();
        var waiter = _system.ActorOf(Props.Create(() => new ProbeActor((_, _) => end.TrySetResult())), "waiter");
        await _system.Entity("vm", "a").TellAsync("end", waiter);
        await end.Task.WaitAsync(Guard);

        last.ShouldAllBe(number => number == messages);
        (outOfOrder, together, (int)_system.DeadLetterCount).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task Shutdown_stops_everything()
    {
        var stopped = 0;
        for (var i = 0; i < 100; i++)
            _system.ActorOf(Props.Create(() => new ProbeActor((_, _) => { })
            {
                OnPostStop = _ => Interlocked.Increment(ref stopped),
            }), $"a-{i}").Tell("hello");
        (await _system.CoordinatedShutdown.RunAsync("test").WaitAsync(Guard)).ShouldAllBe(o => o.Fault == null);
        stopped.ShouldBe(100);
    }
}
