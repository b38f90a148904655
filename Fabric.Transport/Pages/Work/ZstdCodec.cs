namespace Fabric.Transport.Pages.Work;

/// <summary>Batches as frames of zstd.</summary>
internal sealed class ZstdCodec(ZstdContext? context = null) : IBatchCodec
{
    private readonly ZstdContext _context = context ?? new();

    /// <summary>Null when it is there, otherwise what is missing.</summary>
    public static string? Missing => ZstdContext.Missing;

    public BatchCodec Id => BatchCodec.Zstd;

    public int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int strength) =>
        _context.Pack(plain, into, strength, prefix: default);

    public int Unpack(ReadOnlySpan<byte> packed, Span<byte> into) => _context.Unpack(packed, into, prefix: default);

    public void Dispose() => _context.Dispose();
}
