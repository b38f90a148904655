using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// Makes rounds out of counters. QEMU reads its dirty bitmap at the start of each round and counts that, so a higher
/// count means that the rounds before it are over. Looks come a little after the fact: a round's numbers hold what was
/// sent up to the look, and two rounds between two looks become one with the number of the later.
/// </summary>
internal sealed class QemuRounds
{
    private QemuRam? _start;

    /// <summary>The round that ended between the last look and this one; null when none did.</summary>
    public Round? Next(QemuRam now)
    {
        if (_start is not { } start || now.SyncCount < start.SyncCount || now.TransferredBytes < start.TransferredBytes)
        {
            // The first look at this migration. What came before it is known only if this is its first round.
            start = now.SyncCount > 2
                ? now
                : now with { SyncCount = Math.Min(now.SyncCount, 1), Pages = 0, TransferredBytes = 0, TotalTimeMs = 0 };
            _start = start;
        }

        if (now.SyncCount <= Math.Max(start.SyncCount, 1))
            return null;
        _start = now;
        var bytes = now.TransferredBytes - start.TransferredBytes;
        var time = Math.Max(0, now.TotalTimeMs - start.TotalTimeMs);
        return new Round(
            now.SyncCount - 1,
            Math.Max(0, now.Pages - start.Pages),
            bytes,
            now.RemainingBytes / now.PageSize,
            now.DirtyPagesPerSecond,
            time > 0 ? (long)(bytes * 1000.0 / time) : now.BytesPerSecond,
            time);
    }
}
