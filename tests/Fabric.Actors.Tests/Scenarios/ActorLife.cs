using System.Runtime.ExceptionServices;
using Fabric.Actors.Runtime;
using Fabric.Testing;
using Fabric.Testing.Scenarios;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>
/// One life of a process: an actor system on one thread with a clock that stands still between calls. It is ended as a
/// crash ends it: nothing is told, and whatever is still under way inside comes to nothing, for every way out is cut.
/// </summary>
internal sealed class ActorLife
{
    private readonly IScenarioSurroundings _world;
    private readonly DateTimeOffset _born;
    private readonly CancellationTokenSource _over = new();
    private readonly EventSubscription<object> _events;
    private Exception? _broken;
    private bool _pumping;

    /// <param name="name">The system's.</param>
    /// <param name="world">Has the time of day.</param>
    /// <param name="seed">Orders what happens at once; null: as it became ready.</param>
    public ActorLife(string name, IScenarioSurroundings world, int? seed)
    {
        (_world, _born) = (world, world.Now);
        var time = new VirtualTime();
        time.WallClockOffset = world.Now - time.GetUtcNow();
        Dispatcher = new DeterministicDispatcher(seed ?? 0, time) { InOrder = seed is null };
        System = new ActorSystem(
            new ActorSystemOptions { Name = name, TimeProvider = time, Dispatcher = Dispatcher, Seed = seed ?? 0 });
        _events = System.EventStream.Subscribe<object>();
    }

    public DeterministicDispatcher Dispatcher { get; }

    public ActorSystem System { get; }

    public bool IsOver => _over.IsCancellationRequested;

    public CancellationToken Over => _over.Token;

    public DateTimeOffset? NextWake => Dispatcher.Time.NextDue is { } due ? _born + due : null;

    public void End() => _over.Cancel();

    /// <summary>Sends a message from outside, and waits for all that follows from it.</summary>
    public void Tell(string kind, string id, object message, IActorRef? sender = null)
    {
        // First the clock: what is sent now must not be handled in the past.
        Pump();
        System.Entity(kind, id).Tell(message, sender);
        Pump();
    }

    /// <summary>
    /// Runs code that is not an actor's, as a connection's reader would, and all that follows from it.
    /// </summary>
    public void Run(Func<Task> code)
    {
        Task? task = null;
        Pump();
        Dispatcher.CreateLane("/outside").Post(_ => task = code(), null);
        Pump();
        if (task is { IsFaulted: true } && !IsOver)
            task.GetAwaiter().GetResult();
    }

    /// <summary>
    /// Until nothing is left to do now. From inside, as when a process speaks while it is acted on: later.
    /// </summary>
    public void Pump()
    {
        if (_pumping || IsOver)
            return;
        _pumping = true;
        try
        {
            Dispatcher.AdvanceTo(_world.Now - _born);
        }
        finally
        {
            _pumping = false;
        }

        Check();
    }

    /// <summary>
    /// What the world finds wrong must reach the test; inside an actor it would only restart the actor.
    /// </summary>
    public void Guard(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e)
        {
            _broken ??= e;
        }
    }

    private void Check()
    {
        if (_broken is { } broken)
            ExceptionDispatchInfo.Throw(broken);
        while (!IsOver && _events.Reader.TryRead(out var happened))
        {
            switch (happened)
            {
                case ActorRestarting restarting:
                    throw new InvalidOperationException($"{restarting.Path} failed", restarting.Cause);
                case ActorFailed failed:
                    throw new InvalidOperationException($"{failed.Path} failed for good", failed.Cause);
                case DeadLetter letter:
                    throw new InvalidOperationException(
                        $"nobody heard {letter.Message} to {letter.Target}: {letter.Reason}");
                default:
                    break;
            }
        }
    }
}
