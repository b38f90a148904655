using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Where in the boot files 16 bytes may lie: an entry for every 64th place, or for some where that are too many. A page
/// that came out of the files has one of those places every 64 bytes, so one that is pushed out is not missed.
/// 4 bytes an entry: the place, and 9 bits of the hash that tell most of what is something else.
/// </summary>
internal sealed class BaseIndex
{
    /// <summary>Bytes that are looked for.</summary>
    public const int KeyBytes = 16;

    private const int HashBits = 9;
    private const uint HashMask = (1u << HashBits) - 1;

    // A place's number plus one; 0 is free. 256 MiB have 2^22 places of 64 bytes, so a number and 9 bits fit.
    private readonly uint[] _entries;
    private readonly int _shift;

    public BaseIndex(int length)
    {
        var log = Math.Clamp(
            BitOperations.Log2((uint)length / Limits.PageWork.BaseStep) + 1, Limits.PageWork.BaseTableLogMin,
            Limits.PageWork.BaseTableLogMax);
        _entries = new uint[1 << log];
        _shift = 64 - log;
    }

    /// <summary>Takes in bytes that begin at a multiple of <see cref="Limits.PageWork.BaseStep"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int at, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i + KeyBytes <= bytes.Length; i += Limits.PageWork.BaseStep)
        {
            if (!TryHash(bytes[i..], out var hash))
                continue;
            var place = ((uint)(at + i) / Limits.PageWork.BaseStep) + 1;
            _entries[hash >> _shift] = (place << HashBits) | ((uint)hash & HashMask);
        }
    }

    /// <summary>Where these bytes may lie, to be compared; -1 when they do not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ReadOnlySpan<byte> key)
    {
        if (!TryHash(key, out var hash))
            return -1;
        var entry = _entries[hash >> _shift];
        return entry == 0 || (entry & HashMask) != ((uint)hash & HashMask)
            ? -1
            : (int)((entry >> HashBits) - 1) * Limits.PageWork.BaseStep;
    }

    /// <summary>False for what is everywhere: zeros, or one word repeated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryHash(ReadOnlySpan<byte> key, out ulong hash)
    {
        var first = MemoryMarshal.Read<ulong>(key);
        var second = MemoryMarshal.Read<ulong>(key[8..]);
        var mixed = (first * 0x9E37_79B1_85EB_CA87) ^ BitOperations.RotateLeft(second * 0xC2B2_AE3D_27D4_EB4F, 31);
        hash = mixed * 0x9E37_79B1_85EB_CA87;
        return first != second;
    }
}
