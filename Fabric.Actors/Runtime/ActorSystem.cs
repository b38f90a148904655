using Fabric.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Runtime;

/// <summary>
/// The actors of one process, and what they share: time, lanes, the event stream, the entities, the shutdown.
/// The vocabulary and the semantics are Akka.NET's; the decisions are made elsewhere, by pure functions.
/// </summary>
public sealed class ActorSystem
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ActorCell> _topLevel = new(StringComparer.Ordinal);
    private readonly ILoggerFactory _loggers;
    private readonly Random _random;
    private long _deadLetterCount;
    private long _asks;
    private bool _terminating;

    public ActorSystem(ActorSystemOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Name = ActorPath.Check(options.Name, Limits.Actors.PathElementLengthMax);
        Time = options.TimeProvider;
        Dispatcher = options.Dispatcher;
        OnTurn = options.OnTurn;
        _loggers = options.LoggerFactory ?? NullLoggerFactory.Instance;
        _random = new Random(options.Seed ?? StableHash(Name));
        Log = _loggers.CreateLogger("Fabric.Actors.Runtime");
        DeadLetters = new DeadLetterRef(this);
        EventStream = new EventStream();
        Entities = new EntityRegions(this);
        CoordinatedShutdown = new CoordinatedShutdown(this);
        CoordinatedShutdown.AddTask(ShutdownPhase.StopEntities, "entities", _ => Entities.TerminateAsync());
        CoordinatedShutdown.AddTask(ShutdownPhase.StopActors, "actors", _ => TerminateAsync());
    }

    public string Name { get; }

    public TimeProvider Time { get; }

    public EventStream EventStream { get; }

    public EntityRegions Entities { get; }

    public CoordinatedShutdown CoordinatedShutdown { get; }

    public IActorRef DeadLetters { get; }

    public long DeadLetterCount => Interlocked.Read(ref _deadLetterCount);

    internal IDispatcher Dispatcher { get; }

    internal ILogger Log { get; }

    internal Action<string, object>? OnTurn { get; }

    public IActorRef ActorOf(Props props, string name)
    {
        ArgumentNullException.ThrowIfNull(props);
        ActorPath.Check(name, Limits.Actors.PathElementLengthMax);
        lock (_gate)
        {
            if (_terminating) throw new InvalidOperationException($"Actor system {Name} is terminating.");
            if (_topLevel.ContainsKey(name))
                throw new InvalidOperationException($"There is already an actor at /user/{name}.");
            var cell = ActorCell.Create(this, $"/user/{name}", props, OnTopLevelStopped);
            _topLevel.Add(name, cell);
            cell.Send(new StartMessage());
            return cell.Self;
        }
    }

    /// <summary>The actor of that kind and id, started by its first message. Kinds are registered before.</summary>
    public IActorRef Entity(string kind, string id) => Entities.Ref(kind, id);

    /// <summary>Completes when the actor has stopped and its PostStop has run.</summary>
    public Task StopAsync(IActorRef actor)
    {
        if (actor is not LocalRef { LiveCell: { } cell }) return Task.CompletedTask;
        cell.Stop();
        return cell.Stopped;
    }

    /// <summary>Stops every actor, entities too. For the orderly way see <see cref="CoordinatedShutdown"/>.</summary>
    public Task TerminateAsync()
    {
        ActorCell[] cells;
        lock (_gate)
        {
            _terminating = true;
            cells = [.. _topLevel.Values];
        }

        var entities = Entities.TerminateAsync();
        foreach (var cell in cells) cell.Stop();
        return Task.WhenAll([entities, .. cells.Select(cell => cell.Stopped)]);
    }

    internal ILogger LoggerFor(string path) => _loggers.CreateLogger($"Fabric.Actors{path.Replace('/', '.')}");

    internal long NextAsk() => Interlocked.Increment(ref _asks);

    internal double NextChance()
    {
        lock (_random) return _random.NextDouble();
    }

    internal void DeadLetter(Envelope envelope, string target, TellResult reason)
    {
        Interlocked.Increment(ref _deadLetterCount);
        EventStream.Publish(new DeadLetter(target, envelope.Message, reason, envelope.Sender));
        // Known for certain: this message was not and will not be handled, so whoever asked need not wait.
        if (envelope.Sender is IAskPromise promise) promise.Refuse(reason);
    }

    internal void DrainToDeadLetters(Mailbox mailbox, string target)
    {
        mailbox.Close();
        while (mailbox.TryRead(out var envelope)) DeadLetter(envelope, target, TellResult.Stopped);
    }

    private void OnTopLevelStopped(ActorCell cell, StopCause cause)
    {
        lock (_gate) _topLevel.Remove(cell.Self.Path["/user/".Length..]);
    }

    // string.GetHashCode differs from process to process; a repeatable run needs one that does not (FNV-1a).
    private static int StableHash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text) hash = (hash ^ c) * 16777619u;
        return (int)(hash & int.MaxValue);
    }
}
