using Fabric.Actors.Runtime;
using Fabric.Testing;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Tests.Runtime;

/// <summary>One system, one thread, one seed, and a diary of what happened in which order.</summary>
public abstract class RuntimeTest
{
    protected static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    protected RuntimeTest()
    {
        Dispatcher = new DeterministicDispatcher(seed: 1);
        System = new ActorSystem(new ActorSystemOptions
        {
            Name = "test",
            TimeProvider = Dispatcher.Time,
            Dispatcher = Dispatcher,
            LoggerFactory = Logs,
        });
        Events = System.EventStream.Subscribe<object>();
    }

    protected DeterministicDispatcher Dispatcher { get; }

    protected ActorSystem System { get; }

    protected EventSubscription<object> Events { get; }

    protected ListLogger Logs { get; } = new();

    protected List<string> Diary { get; } = [];

    protected void Note(object what) => Diary.Add($"{what}");

    protected IActorRef Spawn(Action<ProbeActor, object> receive, string name = "probe", int mailbox = 64) =>
        System.ActorOf(Props.Create(() => new ProbeActor(receive)) with { MailboxCapacity = mailbox }, name);

    protected void Idle() => Dispatcher.RunUntilIdle();

    protected void Advance(double seconds) => Dispatcher.AdvanceBy(TimeSpan.FromSeconds(seconds));

    protected List<T> Published<T>()
    {
        var all = new List<object>();
        while (Events.Reader.TryRead(out var @event)) all.Add(@event);
        return [.. all.OfType<T>()];
    }

    protected int Logged(int eventId) => Logs.Entries.Count(entry => entry.Id == eventId);
}

public sealed class ListLogger : ILoggerFactory, ILogger
{
    public List<(LogLevel Level, int Id, string Text)> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        lock (Entries) Entries.Add((logLevel, eventId.Id, formatter(state, exception)));
    }
}
