using System.Collections.Concurrent;
using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

/// <summary>Production: lanes are carried by the thread pool, any number of them in parallel.</summary>
public sealed class ThreadPoolDispatcher : IDispatcher
{
    public static ThreadPoolDispatcher Instance { get; } = new();

    public int MessagesPerTurn => Limits.Actors.MessagesPerTurn;

    public SynchronizationContext CreateLane(string name) => new Lane();

    private sealed class Lane : SynchronizationContext, IThreadPoolWorkItem
    {
        // Holds the actor's own turn (at most one) and the continuations of its own awaits; nothing from outside
        // is put here, so it needs no bound: senders meet the bound of the mailbox.
        private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _items = new();
        private int _scheduled;

        public override void Post(SendOrPostCallback d, object? state)
        {
            _items.Enqueue((d, state));
            Schedule();
        }

        public override void Send(SendOrPostCallback d, object? state) =>
            throw new NotSupportedException("An actor's lane never blocks its caller: use Post.");

        public override SynchronizationContext CreateCopy() => this;

        public void Execute()
        {
            SetSynchronizationContext(this);
            try
            {
                for (var i = 0; i < Limits.Actors.MessagesPerTurn && _items.TryDequeue(out var item); i++)
                    item.Callback(item.State);
            }
            finally
            {
                SetSynchronizationContext(null);
                Interlocked.Exchange(ref _scheduled, 0);
                if (!_items.IsEmpty) Schedule();
            }
        }

        private void Schedule()
        {
            if (Interlocked.Exchange(ref _scheduled, 1) == 0)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
