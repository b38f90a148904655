using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>What a source begins with.</summary>
internal static class WorkPreface
{
    public const int Size = 8 + Limits.PageWork.KeyBytes + PageHash.Size;

    /// <summary>The highest that is spoken here. Version 1 knew no short hashes in a manifest.</summary>
    public const byte Version = 2;

    public const byte VersionMin = 1;

    /// <summary>What tells it from QEMU's own stream, which begins with QEVM.</summary>
    public static ReadOnlySpan<byte> Magic => "FPW1"u8;

    public static void Write(Span<byte> into, byte codecs, ReadOnlySpan<byte> key, PageHash content = default)
    {
        Magic.CopyTo(into);
        into[4] = VersionMin;
        into[5] = Version;
        into[6] = codecs;
        into[7] = 0;
        key.CopyTo(into[8..]);
        MemoryMarshal.Write(into[(8 + key.Length)..], in content);
    }

    /// <summary>Takes the preface apart; the version is the highest that both speak.</summary>
    /// <exception cref="PageWorkException">The source speaks no version that is spoken here.</exception>
    public static (byte Version, byte Codecs, byte[] Key, PageHash Base) Read(ReadOnlySpan<byte> from)
    {
        if (from[4] > Version || from[5] < VersionMin || from[4] > from[5] || from[7] != 0)
        {
            throw new PageWorkException(
                PageWorkFault.Version, $"the source speaks page work {from[4]} to {from[5]}, and here it is {VersionMin} to {Version}");
        }

        return (
            Math.Min(from[5], Version), from[6], from.Slice(8, Limits.PageWork.KeyBytes).ToArray(),
            MemoryMarshal.Read<PageHash>(from[(8 + Limits.PageWork.KeyBytes)..]));
    }
}
