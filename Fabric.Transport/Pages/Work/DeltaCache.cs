using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The last sent versions of pages, as many as fit. A page's place is found by 4 bytes for each page of the guest. When
/// it is full, a hand goes round and gives a page that came again since its last visit a second chance: the first round
/// fills it with pages that never come again, and those go first.
/// </summary>
internal sealed unsafe class DeltaCache : IDisposable
{
    private readonly int[] _slotOf;
    private readonly int[] _pageIn;
    private readonly bool[] _again;
    private readonly int _slots;
    private byte* _bytes;
    private int _used;
    private int _hand;

    public DeltaCache(int pages, long bytes)
    {
        _slots = (int)Math.Min(pages, Math.Min(bytes, Limits.PageWork.DeltaCacheBytesMax) / Limits.Stream.PageSize);
        _slotOf = new int[pages];
        _pageIn = new int[_slots];
        _again = new bool[_slots];

        // Not cleared and not touched: memory is taken as pages come.
        _bytes = (byte*)NativeMemory.Alloc((nuint)_slots * Limits.Stream.PageSize);
    }

    /// <summary>Pages held now.</summary>
    public int Held => _used;

    /// <summary>The version sent last; empty when it is not held.</summary>
    public ReadOnlySpan<byte> Find(int page) => _slotOf[page] > 0 ? Slot(_slotOf[page] - 1) : default;

    /// <summary>This version was sent. One that came before may push another page out, a new one takes free room or
    /// a place that nobody came back for.</summary>
    public void Put(int page, ReadOnlySpan<byte> data, bool cameAgain)
    {
        if (_slots == 0)
            return;
        var slot = _slotOf[page] - 1;
        if (slot < 0)
        {
            if (_used == _slots && !cameAgain)
                return;
            slot = _used < _slots ? _used++ : Evict();
            _slotOf[page] = slot + 1;
            _pageIn[slot] = page;
            _again[slot] = false;
        }
        else
        {
            _again[slot] = true;
        }

        data.CopyTo(Slot(slot));
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private int Evict()
    {
        while (_again[_hand])
        {
            _again[_hand] = false;
            _hand = (_hand + 1) % _slots;
        }

        var slot = _hand;
        _hand = (_hand + 1) % _slots;
        _slotOf[_pageIn[slot]] = 0;
        return slot;
    }

    private Span<byte> Slot(int slot)
    {
        ObjectDisposedException.ThrowIf(_bytes is null, this);
        return new Span<byte>(_bytes + ((long)slot * Limits.Stream.PageSize), Limits.Stream.PageSize);
    }

    private void Free()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}
