using System.Runtime.InteropServices;
using Fabric.Embedded.Memory;

namespace Fabric.Embedded.Guest;

/// <summary>
/// How often each data page was written, as the guest itself remembers it: in pages of guest memory that are sent, lost
/// and checked like all others.
/// </summary>
internal sealed class VersionTable(GuestMemory memory, GuestLayout layout, ulong owner)
{
    /// <summary>The version that a page must have; 0 when it was never written.</summary>
    public uint Of(int page) => Entries(TablePageOf(page))[page % GuestLayout.EntriesPerTablePage];

    /// <summary>Notes the next version of a page.</summary>
    public void Set(int page, uint version, ulong operation)
    {
        var number = TablePageOf(page);
        var words = memory.Touch(number);
        if (words[PageFormat.Owner] == 0)
            PageFormat.Begin(words, owner, number);
        ref var entry = ref Entries(number)[page % GuestLayout.EntriesPerTablePage];
        var before = Part(page, entry);
        entry = version;
        words[PageFormat.Version]++;
        words[PageFormat.Operation] = operation;
        words[PageFormat.Checksum] += Part(page, version) - before;
        memory.Changed(number);
    }

    /// <summary>Whether a page of the table is whole; one that was never written is.</summary>
    public bool Holds(int number)
    {
        var words = memory.Touch(number);
        if (words[PageFormat.Owner] == 0)
            return !words.ContainsAnyExcept(0UL);
        var first = number * GuestLayout.EntriesPerTablePage;
        var entries = Entries(number);
        var sum = EmptySum(number);
        for (var i = 0; i < entries.Length && first + i < layout.Pages; i++)
            sum += Part(first + i, entries[i]) - Part(first + i, 0);
        return words[PageFormat.Owner] == owner && words[PageFormat.Number] == (ulong)number
            && words[PageFormat.Checksum] == sum;
    }

    // What Begin wrote: the sum over a page without any record.
    private ulong EmptySum(int number)
    {
        Span<ulong> empty = stackalloc ulong[PageFormat.FirstRecord + (PageFormat.Records * PageFormat.RecordWords)];
        PageFormat.Begin(empty, owner, number);
        return empty[PageFormat.Checksum];
    }

    private static int TablePageOf(int page) => page / GuestLayout.EntriesPerTablePage;

    private static ulong Part(int page, uint version) => PageFormat.Mix(((ulong)(uint)page << 32) | version);

    private Span<uint> Entries(int number) =>
        MemoryMarshal.Cast<ulong, uint>(memory.Touch(number)[PageFormat.FirstRecord..]);
}
