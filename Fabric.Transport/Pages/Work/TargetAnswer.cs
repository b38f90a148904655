using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>What a target does with page work. On the wire; numbers are never reused.</summary>
internal enum TargetMode : byte
{
    /// <summary>Nothing: it wants QEMU's stream as it is.</summary>
    Off = 1,

    /// <summary>It unpacks, and knows which pages came, but holds none.</summary>
    Stateless = 2,

    /// <summary>It has a page store.</summary>
    Holds = 3,
}

// The answer: "FPA1", u8 version, u8 mode, u8 codecs, u8 0, 32 bytes key, u32 pages, u64 check of all before it; then,
// when it holds pages, the manifest in chunks: u32 length, bytes, u64 check; a chunk of length 0 is the last. A chunk is
// runs of pages, on from where the chunk before ended: u8 what, varint count, and for what = 2 a hash of 16 bytes each,
// for what = 3, from version 2 on, the first 6 bytes of it.

/// <summary>The head of a target's answer.</summary>
internal readonly record struct TargetAnswer(byte Version, TargetMode Mode, byte Codecs, byte[] Key, int Pages)
{
    public const int Size = 8 + Limits.PageWork.KeyBytes + 4 + 8;

    private static ReadOnlySpan<byte> Magic => "FPA1"u8;

    public void Write(Span<byte> into)
    {
        Magic.CopyTo(into);
        into[4] = Version;
        into[5] = (byte)Mode;
        into[6] = Codecs;
        into[7] = 0;
        Key.CopyTo(into[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(into[(8 + Key.Length)..], Pages);
        BinaryPrimitives.WriteUInt64LittleEndian(
            into[(Size - 8)..], new PageHasher(Key).Check(into[..8], into[8..(Size - 8)], default));
    }

    public static TargetAnswer Read(ReadOnlySpan<byte> from)
    {
        var answer = new TargetAnswer(
            from[4], (TargetMode)from[5], from[6], from.Slice(8, Limits.PageWork.KeyBytes).ToArray(),
            BinaryPrimitives.ReadInt32LittleEndian(from[(8 + Limits.PageWork.KeyBytes)..]));
        if (!from[..4].SequenceEqual(Magic) || from[7] != 0
            || answer.Mode is not (TargetMode.Off or TargetMode.Stateless or TargetMode.Holds))
            throw new PageWorkException(PageWorkFault.Answer, "the target's answer is no such thing");
        if (answer.Version is < WorkPreface.VersionMin or > WorkPreface.Version)
            throw new PageWorkException(
                PageWorkFault.Version, $"the target chose page work {answer.Version}, which was not offered");
        var check = new PageHasher(answer.Key).Check(from[..8], from[8..(Size - 8)], default);
        return BinaryPrimitives.ReadUInt64LittleEndian(from[(Size - 8)..]) == check
            ? answer
            : throw new PageWorkException(PageWorkFault.Answer, "the target's answer was damaged on its way");
    }
}
