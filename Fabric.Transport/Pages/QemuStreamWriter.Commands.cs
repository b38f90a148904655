using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>The commands of the stream.</summary>
public sealed partial class QemuStreamWriter
{
    /// <summary>The target may answer from now on.</summary>
    public void OpenReturnPath() => Command(VmCommand.OpenReturnPath, default);

    /// <summary>Asks for a PONG with the same number.</summary>
    public void Ping(uint value)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, value);
        Command(VmCommand.Ping, payload);
    }

    /// <summary>Post-copy may follow; all pages are of <see cref="Limits.Stream.PageSize"/>.</summary>
    public void PostcopyAdvise()
    {
        Span<byte> payload = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(payload, Limits.Stream.PageSize);
        BinaryPrimitives.WriteUInt64BigEndian(payload[8..], Limits.Stream.PageSize);
        Command(VmCommand.PostcopyAdvise, payload);
    }

    /// <summary>The target catches page faults from now on.</summary>
    public void PostcopyListen() => Command(VmCommand.PostcopyListen, default);

    /// <summary>The target runs.</summary>
    public void PostcopyRun() => Command(VmCommand.PostcopyRun, default);

    /// <summary>After a recovery: go on.</summary>
    public void PostcopyResume() => Command(VmCommand.PostcopyResume, default);

    /// <summary>
    /// Ranges that were sent and are stale, in as many commands as they need: QEMU puts at most 12 into one, and so
    /// does this.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="ranges">Bytes in the block.</param>
    public void PostcopyRamDiscard(RamBlock block, ReadOnlySpan<(long Start, long Length)> ranges)
    {
        var head = 2 + block.NameBytes.Length + 1;
        Span<byte> payload = stackalloc byte[3 + Limits.Stream.NameBytesMax + (Limits.Stream.DiscardRangesMax * RamDiscard.RangeSize)];
        while (!ranges.IsEmpty)
        {
            var count = Math.Min(ranges.Length, Limits.Stream.DiscardRangesMax);
            payload[0] = 0;
            payload[1] = (byte)block.NameBytes.Length;
            block.NameBytes.CopyTo(payload[2..]);
            payload[head - 1] = 0;
            for (var i = 0; i < count; i++)
            {
                var range = payload[(head + (i * RamDiscard.RangeSize))..];
                BinaryPrimitives.WriteInt64BigEndian(range, ranges[i].Start);
                BinaryPrimitives.WriteInt64BigEndian(range[8..], ranges[i].Length);
            }

            Command(VmCommand.PostcopyRamDiscard, payload[..(head + (count * RamDiscard.RangeSize))]);
            ranges = ranges[count..];
        }
    }

    /// <summary>Asks for the bitmap of the pages that the target holds.</summary>
    public void RecvBitmap(RamBlock block)
    {
        Span<byte> payload = stackalloc byte[1 + Limits.Stream.NameBytesMax];
        payload[0] = (byte)block.NameBytes.Length;
        block.NameBytes.CopyTo(payload[1..]);
        Command(VmCommand.RecvBitmap, payload[..(1 + block.NameBytes.Length)]);
    }

    /// <summary>A stream in the stream: devices and commands, which the target takes as a whole.</summary>
    public void Packaged(ReadOnlySpan<byte> stream)
    {
        if (stream.Length > Limits.Stream.PackageBytesMax)
            throw new ArgumentException($"a package has {Limits.Stream.PackageBytesMax} bytes at most", nameof(stream));
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, stream.Length);
        Command(VmCommand.Packaged, payload);
        Opaque(stream);
    }

    /// <summary>Any command. After <see cref="VmCommand.Packaged"/> the caller writes what it wraps.</summary>
    public void Command(VmCommand command, ReadOnlySpan<byte> payload)
    {
        var at = new Quill(output, 5 + payload.Length);
        at.Byte(StreamLayout.Command);
        at.UInt16((ushort)command);
        at.UInt16(checked((ushort)payload.Length));
        at.Bytes(payload);
        at.Advance();
    }
}
