using System.Runtime.InteropServices;

namespace Fabric.Transport.Pages.Work;

/// <summary>Debian's libzstd.</summary>
internal sealed unsafe partial class ZstdCodec : IBatchCodec
{
    private const string Library = "libzstd.so.1";
    private nint _packing;
    private nint _unpacking;

    /// <summary>Null when it is there, otherwise what is missing.</summary>
    public static string? Missing { get; } = NativeProbe.Missing(Library);

    public BatchCodec Id => BatchCodec.Zstd;

    public int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int strength)
    {
        // Each side needs one of the two; what a level needs beyond is made once and kept.
        if (_packing == 0)
            _packing = CreatePacking();
        fixed (byte* from = plain, to = into)
        {
            var length = Compress(_packing, to, (nuint)into.Length, from, (nuint)plain.Length, strength);
            return IsError(length) != 0 ? 0 : (int)length;
        }
    }

    public int Unpack(ReadOnlySpan<byte> packed, Span<byte> into)
    {
        if (_unpacking == 0)
            _unpacking = CreateUnpacking();
        fixed (byte* from = packed, to = into)
        {
            var length = Decompress(_unpacking, to, (nuint)into.Length, from, (nuint)packed.Length);
            return IsError(length) != 0 ? -1 : (int)length;
        }
    }

    public void Dispose()
    {
        FreePacking(_packing);
        FreeUnpacking(_unpacking);
        (_packing, _unpacking) = (0, 0);
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreatePacking();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreePacking(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateUnpacking();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeUnpacking(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressCCtx")]
    private static partial nuint Compress(
        nint context, byte* to, nuint toLength, byte* from, nuint fromLength, int level);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    private static partial nuint Decompress(nint context, byte* to, nuint toLength, byte* from, nuint fromLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);
}
