using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Whether a patch will be smaller than its page once both are packed. A patch is not always: text that was written
/// anew packs to a tenth, and what changed in it to a half. Where a look does not tell, both are packed by LZ4.
/// </summary>
internal sealed class DeltaSize : IDisposable
{
    private readonly Lz4Codec? _lz4 = Lz4Codec.Missing is null ? new() : null;
    private readonly byte[] _into = new byte[Limits.Stream.PageSize + 64];

    public bool IsSmaller(ReadOnlySpan<byte> patch, ReadOnlySpan<byte> page)
    {
        if (patch.Length <= Limits.PageWork.DeltaSurelySmaller)
            return true;
        if (_lz4 is null)
            return patch.Length < page.Length / 4;

        // In its batch a page packs better than alone, for it is whole words among others like it; a patch is not.
        return Packed(patch) * Limits.PageWork.DeltaGainMin < Packed(page);
    }

    public void Dispose() => _lz4?.Dispose();

    private int Packed(ReadOnlySpan<byte> bytes)
    {
        var length = _lz4!.Pack(bytes, _into, 1);
        return length > 0 ? Math.Min(length, bytes.Length) : bytes.Length;
    }
}
