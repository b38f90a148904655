using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Fabric.Protocol;
using Fabric.Simulation.Engine;

namespace Fabric.Simulation.Pages;

/// <summary>
/// One copy of a guest's memory, page by page. Each step that the model counts for a running guest writes one page: zeros,
/// the content of another one, a few bytes, text or noise. A content is never written to, so copies share it, and two
/// pages that are one object are one content.
/// </summary>
internal sealed class GuestMemory
{
    public const int PageSize = Limits.Stream.PageSize;

    /// <summary>Steps between two looks of which the pages are written: a guest writes less than its network sends.</summary>
    private const int WritesMax = 6;

    public static readonly byte[] Zero = new byte[PageSize];

    private static readonly ConcurrentDictionary<(string Vm, int Page), byte[]> BootImages = new();
    private readonly ulong _vm;
    private long _at;

    private GuestMemory(string vm, byte[][] pages, long at) => (_vm, Pages, _at) = (SeedOf(vm), pages, at);

    /// <summary>The contents; those of the moment of the last <see cref="WorkUpTo"/>.</summary>
    public byte[][] Pages { get; }

    /// <summary>A guest that has just booted.</summary>
    public static GuestMemory Booted(string vm, int pages, long at) =>
        new(vm, [.. Enumerable.Range(0, pages).Select(page => BootImages.GetOrAdd((vm, page), BootPage))], at);

    /// <summary>What came over; a page that did not come is zero.</summary>
    public static GuestMemory Loaded(string vm, byte[][] pages, long at) => new(vm, pages, at);

    /// <summary>The guest has done its steps up to that one.</summary>
    public void WorkUpTo(long step)
    {
        for (var s = Math.Max(_at, step - WritesMax) + 1; s <= step; s++)
            Write(new Chance(_vm ^ ((ulong)s * 0x9E3779B97F4A7C15UL)));
        _at = Math.Max(_at, step);
    }

    private void Write(Chance chance)
    {
        ref var page = ref Pages[chance.Below(Pages.Length)];
        page = chance.Below(8) switch
        {
            0 => Zero,
            1 => Pages[chance.Below(Pages.Length)],
            2 => Noise(chance),
            3 => Text(chance),
            _ => Changed(page, chance),
        };
    }

    private static byte[] BootPage((string Vm, int Page) which)
    {
        // A third of a young guest is what every guest was booted from.
        var chance = new Chance((which.Page % 3 == 0 ? 7 : SeedOf(which.Vm)) + (ulong)which.Page);
        return (which.Page % 4) switch { 1 => Zero, 2 => Noise(chance), _ => Text(chance) };
    }

    private static byte[] Changed(byte[] before, Chance chance)
    {
        var after = (byte[])before.Clone();
        for (var i = chance.Below(40); i >= 0; i--)
            after[chance.Below(PageSize)] = (byte)chance.Below(256);
        return after;
    }

    private static byte[] Noise(Chance chance)
    {
        var page = new byte[PageSize];
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(page.AsSpan()))
            word = chance.Bits();
        return page;
    }

    private static byte[] Text(Chance chance)
    {
        var page = new byte[PageSize];
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(page.AsSpan()))
            word = 0x2020202020202020UL | ((chance.Bits() & 7) * 0x0105090D1100UL);
        return page;
    }

    private static ulong SeedOf(string vm) => vm.Aggregate(14695981039346656037UL, (h, c) => unchecked((h ^ c) * 1099511628211UL));
}
