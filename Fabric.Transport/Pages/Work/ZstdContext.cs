using System.Runtime.InteropServices;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Debian's libzstd, one batch at a time, with or without a prefix: bytes that both sides have and that a frame refers
/// to. Each side needs one of the two contexts; what a level needs beyond is made once and kept.
/// </summary>
internal sealed unsafe partial class ZstdContext : IDisposable
{
    private const string Library = "libzstd.so.1";
    private const int Level = 100;
    private const int SessionOnly = 1;

    private nint _packing;
    private nint _unpacking;
    private int _strength;

    /// <summary>Null when it is there, otherwise what is missing.</summary>
    public static string? Missing { get; } = NativeProbe.Missing(Library);

    /// <summary>Bytes of the packed frame; 0 when the room does not suffice.</summary>
    public int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int strength, ReadOnlySpan<byte> prefix)
    {
        if (_packing == 0)
            _packing = CreatePacking();
        if (_strength != strength)
            SetPacking(_packing, Level, _strength = strength);
        fixed (byte* from = plain, to = into, with = prefix)
        {
            // Holds for one frame.
            if (!prefix.IsEmpty && IsError(PrefixPacking(_packing, with, (nuint)prefix.Length)) != 0)
                return 0;
            var length = Compress(_packing, to, (nuint)into.Length, from, (nuint)plain.Length);
            if (IsError(length) == 0)
                return (int)length;

            // It stands in the middle of a frame then, where it takes no prefix for the next.
            _ = Reset(_packing, SessionOnly);
            return 0;
        }
    }

    /// <summary>Bytes unpacked; negative when they are no such frame, or have no room.</summary>
    public int Unpack(ReadOnlySpan<byte> packed, Span<byte> into, ReadOnlySpan<byte> prefix)
    {
        if (_unpacking == 0)
            _unpacking = CreateUnpacking();
        fixed (byte* from = packed, to = into, with = prefix)
        {
            if (!prefix.IsEmpty && IsError(PrefixUnpacking(_unpacking, with, (nuint)prefix.Length)) != 0)
                return -1;
            var length = Decompress(_unpacking, to, (nuint)into.Length, from, (nuint)packed.Length);
            return IsError(length) != 0 ? -1 : (int)length;
        }
    }

    public void Dispose()
    {
        FreePacking(_packing);
        FreeUnpacking(_unpacking);
        (_packing, _unpacking, _strength) = (0, 0, 0);
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreatePacking();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreePacking(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateUnpacking();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeUnpacking(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    private static partial nuint SetPacking(nint context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_reset")]
    private static partial nuint Reset(nint context, int what);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_refPrefix")]
    private static partial nuint PrefixPacking(nint context, byte* prefix, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_refPrefix")]
    private static partial nuint PrefixUnpacking(nint context, byte* prefix, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_compress2")]
    private static partial nuint Compress(nint context, byte* to, nuint toLength, byte* from, nuint fromLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    private static partial nuint Decompress(nint context, byte* to, nuint toLength, byte* from, nuint fromLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);
}
