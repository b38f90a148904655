using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>What a run of a manifest says of its pages. On the wire; numbers are never reused.</summary>
internal enum ManifestRun : byte
{
    Missing = 0,
    Zero = 1,
    Hashes = 2,

    /// <summary>The beginning of each hash; from version 2 on.</summary>
    ShortHashes = 3,
}

/// <summary>
/// Writes a table as a manifest, chunk by chunk. Hashes are most of it, and do not pack; to know a page again its first
/// bytes will do (<see cref="Limits.PageWork.ShortHashBytes"/>).
/// </summary>
internal static class ManifestWriter
{
    /// <summary>Bytes of a chunk: 4,095 hashes, or 10,900 short ones, and the heads of some runs.</summary>
    public const int ChunkMax = 64 * 1024;

    private const int RunHead = 1 + Varint.BytesMax;

    public static void Write(ReadOnlySpan<PageHash> table, PageHasher hasher, IByteSink sink, bool isShort)
    {
        var chunk = new byte[4 + ChunkMax + 8];
        while (true)
        {
            var length = 0;
            while (!table.IsEmpty && length + RunHead + PageHash.Size <= ChunkMax)
                length += Run(ref table, chunk.AsSpan(4 + length, ChunkMax - length), isShort);
            BinaryPrimitives.WriteInt32LittleEndian(chunk, length);
            BinaryPrimitives.WriteUInt64LittleEndian(
                chunk.AsSpan(4 + length), hasher.Check(chunk.AsSpan(0, 4), chunk.AsSpan(4, length), default));
            sink.Write(chunk.AsSpan(0, 4 + length + 8));
            if (length == 0)
                return;
        }
    }

    private static int Run(ref ReadOnlySpan<PageHash> table, Span<byte> into, bool isShort)
    {
        var kind = KindOf(table[0]);
        var size = isShort ? Limits.PageWork.ShortHashBytes : PageHash.Size;
        var most = kind == ManifestRun.Hashes
            ? Math.Min(table.Length, (into.Length - RunHead) / size)
            : table.Length;
        var count = 1;
        while (count < most && KindOf(table[count]) == kind)
            count++;
        into[0] = (byte)(kind == ManifestRun.Hashes && isShort ? ManifestRun.ShortHashes : kind);
        var at = 1 + Varint.Write(into[1..], (uint)count);
        if (kind == ManifestRun.Hashes)
        {
            // A hash begins with its lower half, lowest byte first.
            foreach (ref readonly var hash in table[..count])
            {
                MemoryMarshal.AsBytes(new ReadOnlySpan<PageHash>(in hash))[..size].CopyTo(into[at..]);
                at += size;
            }
        }

        table = table[count..];
        return at;
    }

    private static ManifestRun KindOf(in PageHash hash) =>
        hash.IsMissing ? ManifestRun.Missing : hash.IsZero ? ManifestRun.Zero : ManifestRun.Hashes;
}
