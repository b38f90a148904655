using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Actors.Tests.Journal;

namespace Fabric.Actors.Tests.Runtime;

/// <summary>Sums up what was added; refuses to add after it was closed.</summary>
public sealed class AccountActor(IJournal journal, string id, Action<AccountActor>? recovered = null)
    : PersistentActor<long, TestEvent>(journal)
{
    public long Sum => State;

    public long At => Version;

    /// <summary>Swallows what PersistAsync throws, as a careless handler would.</summary>
    public bool Careless { get; init; }

    protected override StreamId PersistenceId => new("account", id);

    protected override long InitialState => 0;

    protected override long Evolve(long state, TestEvent @event) => @event switch
    {
        _ when state < 0 => throw new InvalidOperationException("It is closed."),
        Added added => state + added.Bytes,
        Closed => -1,
        _ => state,
    };

    protected override ValueTask RecoveredAsync()
    {
        recovered?.Invoke(this);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask ReceiveAsync(object message)
    {
        switch (message)
        {
            case "sum":
                Sender.Tell(State);
                break;
            case "look":
                await ReadOnAsync();
                Sender.Tell(State);
                break;
            case StreamAppend also:
                await PersistAsync([new Added(1)], [also]);
                Sender.Tell(State);
                break;
            case TestEvent @event when Careless:
                try
                {
                    await PersistAsync(@event);
                }
                catch (JournalConflictException)
                {
                    Sender.Tell(State);
                }

                break;
            case TestEvent @event:
                var before = State;
                var appending = PersistAsync(@event);
                State.ShouldBe(before, "the state moves only when the append is durable");
                await appending;
                Sender.Tell(State);
                break;
        }
    }
}
