using System.Runtime.InteropServices;

namespace Fabric.Host.Faults.Guest;

/// <summary>
/// What an image holds of the guest's disk writer (deploy/guest/writer), read when no guest runs on it.
/// </summary>
/// <param name="Blocks">Places that it goes round in.</param>
/// <param name="Acknowledged">The number up to which the guest was told that all is on disk.</param>
/// <param name="Newest">The newest block that is there.</param>
/// <param name="Lost">
/// Places where what was acknowledged is not there, nor anything later: nothing, an older block, or a torn one.
/// </param>
public sealed record WrittenBlocks(long Blocks, long Acknowledged, long Newest, long Lost)
{
    /// <summary>A block's size.</summary>
    public const int BlockBytes = 4096;

    private const int Words = BlockBytes / sizeof(ulong);
    private const int CheckWord = 3;
    private const ulong Magic = 0x3174697257626146;

    /// <summary>Whether all that was acknowledged is there.</summary>
    public bool IsWhole => Lost == 0 && Newest >= Acknowledged;

    /// <summary>Reads the image from its start.</summary>
    /// <exception cref="EndOfStreamException">It is shorter than what the writer uses.</exception>
    public static WrittenBlocks Read(Stream raw, long blocks, long acknowledged, ulong run = 1)
    {
        var buffer = new byte[BlockBytes];
        long newest = 0, lost = 0;
        for (long place = 0; place < blocks; place++)
        {
            raw.ReadExactly(buffer);
            var found = NumberOf(buffer, run);
            var isHere = found > 0 && (found - 1) % blocks == place;
            newest = isHere ? Math.Max(newest, found) : newest;
            lost += LastAt(place, blocks, acknowledged) is var last and > 0 && (!isHere || found < last) ? 1 : 0;
        }

        return new WrittenBlocks(blocks, acknowledged, newest, lost);
    }

    /// <summary>The number of a whole block of that run; 0 when it is none.</summary>
    public static long NumberOf(ReadOnlySpan<byte> block, ulong run)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block)[..Words];
        return words[0] == Magic && words[2] == run && words[CheckWord] == CheckOf(words) && words[1] <= long.MaxValue
            ? (long)words[1]
            : 0;
    }

    /// <summary>The check of a block: FNV-1a by words, of all words but the check itself.</summary>
    public static ulong CheckOf(ReadOnlySpan<ulong> words)
    {
        var check = 0xcbf29ce484222325;
        for (var i = 0; i < Words; i++)
            check = i == CheckWord ? check : (check ^ words[i]) * 0x100000001b3;
        return check;
    }

    // Block s lies at place (s - 1) mod blocks; 0 when none up to there does.
    private static long LastAt(long place, long blocks, long acknowledged) => acknowledged <= place
        ? 0
        : place + 1 + ((acknowledged - 1 - place) / blocks * blocks);
}
