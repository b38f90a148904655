using Fabric.Embedded.Guest;
using Fabric.Embedded.Memory;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>
/// Clark's iterative pre-copy (NSDI 2005), with QEMU's parameters. Three bitmaps:
/// <code>
/// to send   dirtied in the last round, taken from the dirty log at once; in the first round all pages
/// to skip   dirtied again already, peeked before each batch: sent now they would only be sent once more
/// to fix    being written at the moment when their turn came: left for the last round
/// </code>
/// Pages are visited in permuted order. The guest is stopped when what is left fits the allowed downtime at the
/// bandwidth measured; or when a round was longer than the one before it; or after 29 rounds; or when more than three
/// times the memory was sent. The last round goes out with the guest stopped, in order.
/// <para>
/// With a downtime limit of 1 ms only the limit counts: whoever sets it decides when rounds have gone on for long enough.
/// </para>
/// </summary>
internal sealed class PreCopy(
    GuestSystem guest, RamBlock block, SourceLink link, MigrationCounters counters, MigrationTrack track, Pause pause,
    AutoConverge autoConverge, TimeProvider time)
{
    /// <summary>The number of RAM's section.</summary>
    public const uint Section = 2;

    private readonly PageBitmap _toSend = new(guest.Memory.Pages);
    private readonly PageBitmap _toSkip = new(guest.Memory.Pages);
    private readonly PageBitmap _toFix = new(guest.Memory.Pages);
    private readonly PageOrder _order = new(guest.Memory.Pages);
    private long _roundBegan;

    private GuestMemory Memory => guest.Memory;

    /// <summary>Sends rounds until the guest should be stopped, or until <paramref name="isEnough"/> says so.</summary>
    public void Run(Func<bool> isEnough)
    {
        _toSend.AddAll();
        BeginRound(Memory.Pages);
        long sentBefore = long.MaxValue;
        long sentInAll = 0;
        for (var round = 1; ; round++)
        {
            var (sent, isOver) = SendRound(isEnough);
            sentInAll += sent;
            var left = Memory.Dirty.Count() + _toFix.Count();
            if (isOver || IsSmall(left))
                return;
            var isHeldBack = track.Settings.DowntimeLimitMs <= Limits.Convergence.HeldBackMs;
            var grows = sent > sentBefore;
            if (!isHeldBack && (grows || round == Limits.Guest.RoundsMax || sentInAll > Limits.Guest.MemoryTimesMax * (long)Memory.Pages))
                return;
            sentBefore = sent;
            BeginRound(Take());
        }
    }

    /// <summary>Everything that is left, and the end of RAM. The guest stands.</summary>
    public void SendRest()
    {
        var stream = link.Stream;
        stream.RamSection(SectionKind.End, Section);
        var left = counters.RemainingPages;
        for (var page = 0; page < Memory.Pages; page++)
        {
            if (!_toSend[page])
                continue;
            Send(link, page);
            counters.RemainingPages = --left;
        }

        stream.EndOfRecords();
        stream.Footer(Section);
    }

    /// <summary>What the last round has to send, once the guest stands.</summary>
    public void TakeRest()
    {
        Take();
        _toSend.AddAll(_toFix);
        BeginRound(_toSend.Count());
    }

    /// <summary>What is still to be sent; for post-copy.</summary>
    public PageBitmap Rest => _toSend;

    /// <summary>Sends one page over a connection; in post-copy there may be another by then.</summary>
    public void Send(SourceLink to, int page)
    {
        var bytes = Memory.Page(page);
        var offset = (long)page * Limits.Guest.PageSize;
        if (bytes.ContainsAnyExcept((byte)0))
        {
            to.Stream.PageHead(block, offset);
            to.Sender.Page(bytes);
            counters.NormalPages++;
        }
        else
        {
            to.Stream.ZeroPage(block, offset);
            counters.ZeroPages++;
        }
    }

    private int Take()
    {
        var dirtied = Memory.Dirty.TakeInto(_toSend);
        var seconds = time.GetElapsedTime(_roundBegan).TotalSeconds;
        counters.DirtyPagesPerSecond = seconds > 0 ? (long)(dirtied / seconds) : 0;
        autoConverge.Dirtied(dirtied);
        return dirtied;
    }

    private void BeginRound(int pages)
    {
        _roundBegan = time.GetTimestamp();
        counters.RemainingPages = pages;
        counters.SyncCount++;
        track.TellPass(counters.SyncCount);
    }

    private (long Sent, bool IsOver) SendRound(Func<bool> isEnough)
    {
        var left = counters.RemainingPages;
        var (page, visited, sent, isOver) = (0, 0, 0L, false);
        while (visited < Memory.Pages && !isOver)
        {
            pause.Look();
            Memory.Dirty.PeekInto(_toSkip);
            link.Stream.RamSection(SectionKind.Part, Section);
            var end = Math.Min(visited + Limits.Guest.BatchPages, Memory.Pages);
            for (; visited < end && !isOver; visited++)
            {
                if (_toSend[page])
                {
                    _toSend.Remove(page);
                    counters.RemainingPages = --left;
                    sent += TrySend(page) ? 1 : 0;
                }

                // At each page, for a slow path takes minutes for a batch; it costs two comparisons.
                isOver = isEnough() || (link.Sender.HasMeasured() && IsSmall(left + Memory.Dirty.Count()));
                page = _order.After(page);
            }

            link.Stream.EndOfRecords();
            link.Stream.Footer(Section);
        }

        link.Sender.Flush();
        return (sent, isOver);
    }

    private bool TrySend(int page)
    {
        if (_toSkip[page])
            return false;
        if (guest.PageInWrite == page)
        {
            _toFix.Add(page);
            return false;
        }

        Send(link, page);
        return true;
    }

    private bool IsSmall(long pages) =>
        pages == 0 || pages * Limits.Guest.PageSize <= link.Sender.BytesPerSecond * (track.Settings.DowntimeLimitMs / 1000.0);
}
