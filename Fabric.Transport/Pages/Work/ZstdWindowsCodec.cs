namespace Fabric.Transport.Pages.Work;

/// <summary>
/// zstd with parts of the guest's boot files as the prefix of each batch, which names them. A dictionary of all the
/// files would do the same, and hold them and tables as large in memory on both sides.
/// </summary>
internal sealed class ZstdWindowsCodec(ZstdContext context, PageBase content) : IBatchCodec
{
    public BatchCodec Id => BatchCodec.ZstdWindows;

    /// <summary>What the next batch is packed with, found by the source.</summary>
    public BaseWindows Windows { get; } = new();

    public int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int strength)
    {
        var places = Windows.Write(into);
        var length = places == 0 ? 0 : context.Pack(plain, into[places..], strength, Windows.Bytes);
        return length == 0 ? 0 : places + length;
    }

    public int Unpack(ReadOnlySpan<byte> packed, Span<byte> into) =>
        Windows.TryRead(ref packed, content) ? context.Unpack(packed, into, Windows.Bytes) : -1;

    /// <summary>The context is another's.</summary>
    public void Dispose() => content.Dispose();
}
