using System.Numerics;
using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// zstd with a <see cref="PageBase"/> as its dictionary. The dictionary is looked through once and its tables are then
/// attached to each batch, where zstd by itself would copy them; and the tables are made for a dictionary of that size,
/// where a level's own would hold a hundredth of it. Below level 5 zstd takes in only parts of a dictionary.
/// </summary>
internal sealed unsafe partial class ZstdBaseCodec(PageBase content) : IBatchCodec
{
    /// <summary>The least at which zstd takes in the whole dictionary.</summary>
    public const int Strength = 5;

    private const string Library = "libzstd.so.1";
    private const int Level = 100;
    private const int HashLog = 102;
    private const int ChainLog = 103;
    private const int ForceAttach = 1001;

    private nint _packing;
    private nint _unpacking;

    public BatchCodec Id => BatchCodec.ZstdBase;

    public int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int strength)
    {
        Prepare();
        fixed (byte* from = plain, to = into)
        {
            var length = Compress(_packing, to, (nuint)into.Length, from, (nuint)plain.Length);
            return IsError(length) != 0 ? 0 : (int)length;
        }
    }

    public int Unpack(ReadOnlySpan<byte> packed, Span<byte> into)
    {
        if (_unpacking == 0)
        {
            _unpacking = CreateUnpacking();
            LoadUnpacking(_unpacking, content.Bytes, (nuint)content.Length);
        }

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
        content.Dispose();
    }

    /// <summary>Looks through the dictionary, once: 0.4 s for 56 MB.</summary>
    public void Prepare()
    {
        if (_packing != 0)
            return;
        _packing = CreatePacking();

        // An entry for each 8 bytes; a base has other bytes and zeros enough that this finds what more would.
        var log = Math.Clamp(
            BitOperations.Log2((uint)content.Length) + 1 - 3, Limits.PageWork.BaseTableLogMin,
            Limits.PageWork.BaseTableLogMax);
        Set(_packing, Level, Strength);
        Set(_packing, HashLog, log);
        Set(_packing, ChainLog, log);
        Set(_packing, ForceAttach, 1);
        LoadPacking(_packing, content.Bytes, (nuint)content.Length);
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
    private static partial nuint Set(nint context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_loadDictionary_byReference")]
    private static partial nuint LoadPacking(nint context, byte* dictionary, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_loadDictionary_byReference")]
    private static partial nuint LoadUnpacking(nint context, byte* dictionary, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_compress2")]
    private static partial nuint Compress(
        nint context, byte* to, nuint toLength, byte* from, nuint fromLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    private static partial nuint Decompress(nint context, byte* to, nuint toLength, byte* from, nuint fromLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);
}
