using System.Numerics;
using System.Runtime.InteropServices;

namespace Fabric.Embedded.Memory;

/// <summary>A set of pages, used by one thread.</summary>
internal sealed class PageBitmap(int pages)
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[(pages + WordBits - 1) / WordBits];

    /// <summary>How many pages there can be.</summary>
    public int Pages => pages;

    /// <summary>Whether the page is in it.</summary>
    public bool this[int page] => (_words[page / WordBits] >> (page % WordBits) & 1) != 0;

    /// <summary>Puts a page in.</summary>
    public void Add(int page) => _words[page / WordBits] |= 1UL << (page % WordBits);

    /// <summary>Takes a page out.</summary>
    public void Remove(int page) => _words[page / WordBits] &= ~(1UL << (page % WordBits));

    /// <summary>Puts all pages in.</summary>
    public void AddAll()
    {
        Array.Fill(_words, ulong.MaxValue);
        if (pages % WordBits != 0)
            _words[^1] = (1UL << (pages % WordBits)) - 1;
    }

    /// <summary>Takes all out.</summary>
    public void Clear() => Array.Clear(_words);

    /// <summary>Sets 64 pages at a time.</summary>
    public void SetWord(int index, ulong word) => _words[index] = word;

    /// <summary>Adds 64 pages at a time.</summary>
    public void AddWord(int index, ulong word) => _words[index] |= word;

    /// <summary>Adds what another has.</summary>
    public void AddAll(PageBitmap other)
    {
        for (var i = 0; i < _words.Length; i++)
            _words[i] |= other._words[i];
    }

    /// <summary>As bytes: the first page is the lowest bit of the first.</summary>
    public byte[] ToBytes() => MemoryMarshal.AsBytes(_words.AsSpan()).ToArray();

    /// <summary>Sets all pages that are not in bytes of that form.</summary>
    public void SetAllBut(ReadOnlySpan<byte> others)
    {
        AddAll();
        var words = MemoryMarshal.Cast<byte, ulong>(others);
        for (var i = 0; i < _words.Length; i++)
            _words[i] &= ~words[i];
    }

    /// <summary>The first page in it at or after a place; -1 when there is none.</summary>
    public int NextFrom(int page)
    {
        for (var i = page / WordBits; i < _words.Length; i++)
        {
            var word = i == page / WordBits ? _words[i] & (ulong.MaxValue << (page % WordBits)) : _words[i];
            if (word != 0)
                return (i * WordBits) + BitOperations.TrailingZeroCount(word);
        }

        return -1;
    }

    /// <summary>How many are in it.</summary>
    public int Count()
    {
        var count = 0;
        foreach (var word in _words)
            count += BitOperations.PopCount(word);
        return count;
    }
}
