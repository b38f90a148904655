using System.Numerics;
using System.Runtime.CompilerServices;
using Fabric.Protocol;

namespace Fabric.Embedded.Guest;

/// <summary>
/// What a written page holds, in words of 8 bytes:
/// <code>
/// 0 owner       who the page belongs to: VM and seed
/// 1 number      its place in memory
/// 2 version     how often it was written
/// 3 operation   the operation that wrote it last
/// 4 checksum    of all the rest but the owner and number
/// 5..7          zero
/// 8..511        63 records of 8 words; each write fills one or more of them
/// </code>
/// The checksum is a sum over the records, so a write replaces its record's part and leaves the others' as they were.
/// It is never made anew from what is there: that would launder a page which a migration tore.
/// </summary>
internal static class PageFormat
{
    public const int Owner = 0;
    public const int Number = 1;
    public const int Version = 2;
    public const int Operation = 3;
    public const int Checksum = 4;
    public const int FirstRecord = 8;
    public const int RecordWords = 8;
    public const int Records = (Limits.Guest.PageSize / sizeof(ulong) / RecordWords) - 1;

    private const ulong Prime = 0x9E3779B97F4A7C15;

    /// <summary>Spreads every bit of the input (splitmix64).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong x)
    {
        x += Prime;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>A page with nothing written yet, of that owner.</summary>
    public static void Begin(Span<ulong> page, ulong owner, int number)
    {
        page.Clear();
        page[Owner] = owner;
        page[Number] = (ulong)number;
        page[Checksum] = Sum(page);
    }

    /// <summary>One write: the next version, with its records.</summary>
    public static void Write(Span<ulong> page, ulong operation, int records)
    {
        var version = page[Version] + 1;
        var sum = page[Checksum] - HeadPart(page[Version], page[Operation]);
        for (var i = 0; i < records; i++)
        {
            var index = (int)((version + (ulong)i) % Records);
            var record = Record(page, index);
            sum -= RecordPart(record, index);
            Fill(record, page[Number], version);
            sum += RecordPart(record, index);
        }

        page[Version] = version;
        page[Operation] = operation;
        page[Checksum] = sum + HeadPart(version, operation);
    }

    /// <summary>Whether the page is what its owner wrote last.</summary>
    public static bool Holds(ReadOnlySpan<ulong> page, ulong owner, int number, ulong version) =>
        page[Owner] == owner && page[Number] == (ulong)number && page[Version] == version && page[Checksum] == Sum(page);

    /// <summary>The checksum that a page's content must have.</summary>
    public static ulong Sum(ReadOnlySpan<ulong> page)
    {
        var sum = HeadPart(page[Version], page[Operation]);
        for (var i = 0; i < Records; i++)
            sum += RecordPart(page.Slice(FirstRecord + (i * RecordWords), RecordWords), i);
        return sum;
    }

    // Half of a record is chance and half is not, so that pages compress about as those of real guests do.
    private static void Fill(Span<ulong> record, ulong number, ulong version)
    {
        var key = Mix(number ^ BitOperations.RotateLeft(version, 32));
        for (var i = 0; i < RecordWords; i += 2)
        {
            key = (key * Prime) + 1;
            record[i] = key;
            record[i + 1] = version;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Span<ulong> Record(Span<ulong> page, int index) =>
        page.Slice(FirstRecord + (index * RecordWords), RecordWords);

    private static ulong HeadPart(ulong version, ulong operation) => Mix(version ^ Mix(operation));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong RecordPart(ReadOnlySpan<ulong> record, int index)
    {
        var part = (ulong)index * Prime;
        for (var i = 0; i < RecordWords; i++)
            part = (BitOperations.RotateLeft(part, 23) ^ record[i]) * Prime;
        return part ^ (part >> 32);
    }
}
