using System.Numerics;
using System.Runtime.CompilerServices;

namespace Fabric.Embedded.Memory;

/// <summary>
/// One bit for each page that was written since it was last taken.
/// <para>
/// The order matters. The guest writes first and marks afterwards; whoever sends takes the bit first and copies
/// afterwards. A copy made between a write and its mark is torn or early, but then the mark is still to come, and the
/// page is sent again. The mark is always an interlocked one: "it is set already, leave it" could be read before the
/// write has left the processor's store buffer, and that write would be lost.
/// </para>
/// </summary>
internal sealed class DirtyLog(int pages)
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[(pages + WordBits - 1) / WordBits];
    private volatile bool _isOn;

    /// <summary>Whether writes are noted. Changed only while the guest is between two operations.</summary>
    public bool IsOn => _isOn;

    /// <summary>Begins with nothing noted.</summary>
    public void Start()
    {
        Array.Clear(_words);
        _isOn = true;
    }

    /// <summary>Ends; the guest pays nothing any more.</summary>
    public void Stop() => _isOn = false;

    /// <summary>The page was written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Mark(int page)
    {
        if (_isOn)
            Interlocked.Or(ref _words[page / WordBits], 1UL << (page % WordBits));
    }

    /// <summary>Copies what is noted over a bitmap; it stays noted.</summary>
    public void PeekInto(PageBitmap seen)
    {
        for (var i = 0; i < _words.Length; i++)
            seen.SetWord(i, Volatile.Read(ref _words[i]));
    }

    /// <summary>How many are noted.</summary>
    public int Count()
    {
        var count = 0;
        for (var i = 0; i < _words.Length; i++)
            count += BitOperations.PopCount(Volatile.Read(ref _words[i]));
        return count;
    }

    /// <summary>Moves what is noted into a bitmap, adding to what is there; returns how many were noted.</summary>
    public int TakeInto(PageBitmap taken)
    {
        var count = 0;
        for (var i = 0; i < _words.Length; i++)
        {
            if (Volatile.Read(ref _words[i]) == 0)
                continue;
            var word = Interlocked.Exchange(ref _words[i], 0);
            count += BitOperations.PopCount(word);
            taken.AddWord(i, word);
        }

        return count;
    }
}
