using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Actors.Journal;

/// <summary>
/// Each row's checksum covers the row and the checksum of the row before it in its stream, so a flipped bit, a
/// swapped row and a row missing in the middle are all seen. SHA-256, cut to 16 bytes: against accidents and
/// tampering by mistake; whoever can write the database can also compute it.
/// </summary>
public static class RowChain
{
    public const int ChecksumBytes = 16;

    /// <summary>What stands before the first row.</summary>
    public static byte[] Root { get; } = new byte[ChecksumBytes];

    public static byte[] Checksum(
        ReadOnlySpan<byte> previous, StreamId stream, long version, long sequence, string name, long recordedAtMs,
        ReadOnlySpan<byte> json)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        AppendText(hash, stream.Kind);
        AppendText(hash, stream.Id);
        AppendNumber(hash, version);
        AppendNumber(hash, sequence);
        AppendText(hash, name);
        AppendNumber(hash, recordedAtMs);
        AppendNumber(hash, json.Length);
        hash.AppendData(json);
        return hash.GetHashAndReset()[..ChecksumBytes];
    }

    /// <summary>Throws unless the row is what was written after <paramref name="previous"/>.</summary>
    public static void Verify(JournalRow row, long expectedVersion, ReadOnlySpan<byte> previous)
    {
        if (row.Version != expectedVersion)
            throw new CorruptEventException(
                row.Stream, expectedVersion, $"its row is missing; the next one there is has version {row.Version}");
        var checksum = Checksum(
            previous, row.Stream, row.Version, row.Sequence, row.Name, row.RecordedAtMs, row.Json);
        if (!checksum.AsSpan().SequenceEqual(row.Checksum))
            throw new CorruptEventException(
                row.Stream, row.Version, "its checksum does not match: this row or the one before it was changed");
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        // The length first: else "ab" + "c" and "a" + "bc" would be the same row.
        AppendNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendNumber(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
