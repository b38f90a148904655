using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Feeds a reader in pieces.</summary>
internal static class Chunks
{
    public static void Feed<T>(this IncrementalReader<T> reader, ReadOnlySpan<byte> bytes, T visitor, int size)
    {
        while (!bytes.IsEmpty)
        {
            var taken = Math.Min(size, bytes.Length);
            reader.Read(bytes[..taken], visitor);
            bytes = bytes[taken..];
        }
    }

    /// <summary>Pieces of 1 to 3 bytes, of some, and of many pages, all mixed.</summary>
    public static void FeedRandom<T>(this IncrementalReader<T> reader, ReadOnlySpan<byte> bytes, T visitor, Random random)
    {
        while (!bytes.IsEmpty)
        {
            var most = random.Next(4) switch
            {
                0 => 3,
                1 => 64,
                2 => 8_192,
                _ => 262_144,
            };
            var taken = Math.Min(random.Next(1, most + 1), bytes.Length);
            reader.Read(bytes[..taken], visitor);
            bytes = bytes[taken..];
        }
    }
}
