using System.Runtime.CompilerServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The parts of the boot files that a batch is packed with: their places, and their bytes end to end, which are zstd's
/// prefix. On the wire the places only, in front of the zstd frame: varint count, and for each a zigzag varint from the
/// end of the one before to its begin, and its varint length.
/// </summary>
internal sealed class BaseWindows
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(
        Limits.PageWork.BaseWindowBytesMax, pinned: true);
    private readonly Window[] _windows = new Window[Limits.PageWork.BaseWindowsMax];

    public int Count { get; private set; }

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Room for one more of a page's length.</summary>
    public bool HasRoom => Count < Limits.PageWork.BaseWindowsMax
        && Length <= Limits.PageWork.BaseWindowBytesMax - Limits.Stream.PageSize;

    public void Clear() => (Count, Length) = (0, 0);

    /// <summary>What is held of the files from a place on; empty when it is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlySpan<byte> From(int place)
    {
        // The newest first: pages come in the order in which they lie in the files.
        for (var i = Count - 1; i >= 0; i--)
        {
            ref readonly var window = ref _windows[i];
            if (place >= window.From && place < window.To)
                return _bytes.AsSpan(window.At + place - window.From, window.To - place);
        }

        return default;
    }

    /// <summary>Reads a part of the files to behind the others; it is not one of them yet.</summary>
    public Span<byte> Try(PageBase content, int from, int to)
    {
        var bytes = _bytes.AsSpan(Length, to - from);
        return content.TryRead(from, bytes) ? bytes : default;
    }

    /// <summary>What was read last is one of them; what the one before has of it is left out.</summary>
    public void Take(int from, int to)
    {
        if (Count > 0 && _windows[Count - 1] is var last && last.From <= from && from <= last.To)
        {
            // Only what is new, moved to behind what is there.
            var known = last.To - from;
            _bytes.AsSpan(Length + known, to - last.To).CopyTo(_bytes.AsSpan(Length));
            _windows[Count - 1] = last with { To = to };
            Length += to - last.To;
            return;
        }

        _windows[Count++] = new Window(from, to, Length);
        Length += to - from;
    }

    /// <summary>Writes the places; how many bytes they took, 0 when they have no room.</summary>
    public int Write(Span<byte> into)
    {
        if (into.Length < (1 + (2 * Count)) * Varint.BytesMax)
            return 0;
        var written = Varint.Write(into, (uint)Count);
        var end = 0;
        for (var i = 0; i < Count; i++)
        {
            written += Varint.Write(into[written..], Varint.ZigZag(_windows[i].From - end));
            written += Varint.Write(into[written..], (uint)(_windows[i].To - _windows[i].From));
            end = _windows[i].To;
        }

        return written;
    }

    /// <summary>Reads places and their bytes; false when they cannot be.</summary>
    public bool TryRead(ref ReadOnlySpan<byte> packed, PageBase content)
    {
        Clear();
        if (!Varint.TryRead(ref packed, out var count) || count > Limits.PageWork.BaseWindowsMax)
            return false;
        var end = 0L;
        for (; count > 0; count--)
        {
            if (!Varint.TryRead(ref packed, out var distance) || !Varint.TryRead(ref packed, out var length))
                return false;
            var from = end + Varint.UnZigZag(distance);
            end = from + length;
            if (from < 0 || end > content.Length || length == 0
                || length > Limits.PageWork.BaseWindowBytesMax - Length
                || Try(content, (int)from, (int)end).IsEmpty)
                return false;
            _windows[Count++] = new Window((int)from, (int)end, Length);
            Length += (int)length;
        }

        return true;
    }

    /// <summary>A part of the files, and where its bytes are.</summary>
    private readonly record struct Window(int From, int To, int At);
}
