namespace Fabric.Transport.Pages.Work;

/// <summary>How a batch is packed. On the wire; numbers are never reused.</summary>
internal enum BatchCodec : byte
{
    /// <summary>As it is.</summary>
    Plain = 1,

    /// <summary>One LZ4 block.</summary>
    Lz4 = 2,

    /// <summary>One zstd frame.</summary>
    Zstd = 3,

    /// <summary>
    /// One zstd frame with parts of the guest's boot files as its prefix, and in front of it which: see
    /// <see cref="BaseWindows"/>. 4 was one with all of them as the dictionary.
    /// </summary>
    ZstdWindows = 5,
}

/// <summary>A way of packing. Its contexts are made once and used for all batches of a stream, by one thread.</summary>
internal interface IBatchCodec : IDisposable
{
    BatchCodec Id { get; }

    /// <summary>Packs at a strength of the codec's own; 0 when the room does not suffice.</summary>
    int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int strength);

    /// <summary>Bytes unpacked, which never exceed the room; negative when they are no such thing.</summary>
    int Unpack(ReadOnlySpan<byte> packed, Span<byte> into);
}
