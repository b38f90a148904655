using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

/// <summary>An actor made of a delegate, for tests that need one odd thing.</summary>
public sealed class ProbeActor(Func<ProbeActor, object, ValueTask> receive) : Actor
{
    public ProbeActor(Action<ProbeActor, object> receive)
        : this((self, message) =>
        {
            receive(self, message);
            return ValueTask.CompletedTask;
        })
    {
    }

    public Action<ProbeActor>? OnPreStart { get; init; }

    public Action<ProbeActor>? OnPostStop { get; init; }

    public Action<ProbeActor, Exception>? OnPreRestart { get; init; }

    public new IActorContext Context => base.Context;

    public new IActorRef Sender => base.Sender;

    protected override ValueTask ReceiveAsync(object message) => receive(this, message);

    protected override ValueTask PreStart()
    {
        OnPreStart?.Invoke(this);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask PostStop()
    {
        OnPostStop?.Invoke(this);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask PreRestart(Exception cause)
    {
        OnPreRestart?.Invoke(this, cause);
        return base.PreRestart(cause);
    }
}
