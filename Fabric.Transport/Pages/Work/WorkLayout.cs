using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

// What goes over the ram channel in the place of QEMU's stream; docs/page-work.md has it as a table. Numbers are little
// endian.
//
//   source -> target   preface (56): "FPW1", u8 lowest version, u8 highest version, u8 codecs, u8 0, 32 bytes key,
//                      16 bytes digest of the guest's boot files, zeros for none
//                      frames; each begins with a head of 32 bytes:
//                         u8 type, u8 codec, u16 0, u32 sequence, u32 items, u32 plain, u32 packed, u32 raw, u64 check
//                      Batch   `packed` bytes that unpack to `plain` bytes (`items` bytes of items, then data), and
//                              `raw` bytes of pages that do not compress
//                      Raw     from the next byte on the stream is QEMU's own, unframed
//                      End     QEMU closed, and all of its bytes were sent
//   target -> source   answer, once, when the target has seen the list of RAM; see TargetAnswer. Then QEMU's return path
//
// A stream that begins with anything but the preface is QEMU's own, and passes unread. The check is XXH3 with the key
// over head and unpacked bytes: nothing is taken from a batch before it is right.

/// <summary>Types of frames. On the wire; numbers are never reused.</summary>
internal enum WorkFrame : byte
{
    Batch = 1,
    Raw = 2,
    End = 3,
}

/// <summary>Kinds of items. On the wire; numbers are never reused.</summary>
internal enum WorkItem : byte
{
    /// <summary>Invalid.</summary>
    None = 0,

    /// <summary>Bytes of QEMU's stream between pages: varint length.</summary>
    Bytes = 1,

    /// <summary>Pages of one byte repeated: address, count, u8 byte.</summary>
    Fill = 2,

    /// <summary>Pages that the target holds in this version: address, count, u64 digest of their hashes.</summary>
    Same = 3,

    /// <summary>Pages in the data: address, count.</summary>
    Plain = 4,

    /// <summary>Pages in the raw part: address, count.</summary>
    Raw = 5,

    /// <summary>A page like another one that the target holds: address, the other's address, u64 of its hash.</summary>
    Reference = 6,

    /// <summary>A page as what changed in it: address, varint length, u64 of its hash; the patch is in the data.</summary>
    Patch = 7,
}

/// <summary>A frame's head.</summary>
internal readonly record struct WorkHead(
    WorkFrame Type, BatchCodec Codec, uint Sequence, int Items, int Plain, int Packed, int Raw, ulong Check)
{
    public const int Size = 32;

    /// <summary>Without the check: what the check covers.</summary>
    public const int CheckedSize = Size - 8;

    public void Write(Span<byte> into)
    {
        into[0] = (byte)Type;
        into[1] = (byte)Codec;
        into[2] = into[3] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(into[8..], Items);
        BinaryPrimitives.WriteInt32LittleEndian(into[12..], Plain);
        BinaryPrimitives.WriteInt32LittleEndian(into[16..], Packed);
        BinaryPrimitives.WriteInt32LittleEndian(into[20..], Raw);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], Check);
    }

    /// <summary>Reads a head; whatever is wrong with it is thrown before a byte behind it is waited for.</summary>
    public static WorkHead Read(ReadOnlySpan<byte> from, uint sequence)
    {
        var head = new WorkHead(
            (WorkFrame)from[0], (BatchCodec)from[1], BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[8..]), BinaryPrimitives.ReadInt32LittleEndian(from[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[16..]), BinaryPrimitives.ReadInt32LittleEndian(from[20..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[24..]));
        if (head.Type is not (WorkFrame.Batch or WorkFrame.Raw or WorkFrame.End) || from[2] != 0 || from[3] != 0)
            throw new PageWorkException(PageWorkFault.FrameType, $"a frame of type {from[0]} is not known");
        if (head.Codec is not (BatchCodec.Plain or BatchCodec.Lz4 or BatchCodec.Zstd or BatchCodec.ZstdWindows))
            throw new PageWorkException(PageWorkFault.Codec, $"a batch packed in way {from[1]} is not known");
        if (head.Sequence != sequence)
            throw new PageWorkException(
                PageWorkFault.Sequence, $"frame {head.Sequence} came where frame {sequence} belongs");
        return head.HasLengths ? head : throw new PageWorkException(
            PageWorkFault.Length,
            $"a frame of {head.Items} in {head.Plain} bytes, packed {head.Packed}, raw {head.Raw} cannot be");
    }

    private bool HasLengths => Type == WorkFrame.Batch
        ? Items is > 0 and <= Limits.PageWork.MetaBytesMax
            && Plain >= Items && Plain <= Limits.PageWork.PlainBytesMax
            && Packed is > 0 and <= Limits.PageWork.PackedBytesMax
            && (Codec == BatchCodec.Plain ? Packed == Plain : Packed < Plain)
            && Raw is >= 0 and <= Limits.PageWork.BatchBytesMax && Raw % Limits.Stream.PageSize == 0
        : Codec == BatchCodec.Plain && Items == 0 && Plain == 0 && Packed == 0 && Raw == 0;
}
