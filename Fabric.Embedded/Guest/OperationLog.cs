using Fabric.Protocol;

namespace Fabric.Embedded.Guest;

/// <summary>
/// How many operations were done in each slot of 10 ms of the host's clock, for the last minute. Slots of a source and
/// of its target can be laid side by side: the gap between them is the service that was lost.
/// </summary>
internal sealed class OperationLog(TimeProvider time)
{
    private const long SlotTicks = Limits.Guest.OperationSlotMs * TimeSpan.TicksPerMillisecond;

    private readonly Lock _gate = new();
    private readonly int[] _slots = new int[Limits.Guest.OperationSlotsMax];
    private long _newest = -1;
    private long _oldest = -1;

    /// <summary>Counts operations that were done up to now.</summary>
    public void Add(int operations)
    {
        if (operations == 0)
            return;
        lock (_gate)
        {
            var slot = Math.Max(_newest, (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / SlotTicks);
            if (_newest < 0 || slot - _newest >= _slots.Length)
            {
                Array.Clear(_slots);
                _oldest = slot;
            }
            else
            {
                for (var empty = _newest + 1; empty <= slot; empty++)
                    _slots[empty % _slots.Length] = 0;
            }

            _newest = slot;
            _oldest = Math.Max(_oldest, slot - _slots.Length + 1);
            _slots[slot % _slots.Length] += operations;
        }
    }

    /// <summary>The slots that are kept, oldest first, and when the first began.</summary>
    public (DateTimeOffset First, IReadOnlyList<int> Counts) Read()
    {
        lock (_gate)
        {
            if (_newest < 0)
                return (DateTimeOffset.UnixEpoch, []);
            var counts = new int[_newest - _oldest + 1];
            for (var i = 0; i < counts.Length; i++)
                counts[i] = _slots[(_oldest + i) % _slots.Length];
            return (DateTimeOffset.UnixEpoch.AddTicks(_oldest * SlotTicks), counts);
        }
    }
}
