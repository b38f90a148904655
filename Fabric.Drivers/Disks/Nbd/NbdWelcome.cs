using System.Buffers.Binary;
using Fabric.Protocol;
using static Fabric.Drivers.Disks.Nbd.NbdNumbers;

namespace Fabric.Drivers.Disks.Nbd;

/// <summary>
/// The server's half of the beginning of a conversation: fixed new-style, one export whatever its name, simple answers. What
/// is asked for beyond that is refused, and done without.
/// </summary>
internal static class NbdWelcome
{
    private const ushort InfoBlockSize = 3;
    private const uint BlockBytesPreferred = 4096;
    private const uint ReplyUnsupported = ReplyErrorBit + 1;

    /// <summary>Comes back when the client has chosen the export.</summary>
    /// <exception cref="NbdException">It does not keep to the protocol.</exception>
    public static async Task GreetAsync(Stream stream, long bytes, CancellationToken cancellation)
    {
        var hello = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(hello, Magic);
        BinaryPrimitives.WriteUInt64BigEndian(hello.AsSpan(8), OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(hello.AsSpan(16), FixedNewStyle | NoZeroes);
        await stream.WriteAsync(hello, cancellation);
        await NbdGreeting.ReadAsync(stream, 4, cancellation);
        for (var left = Limits.Disks.PerVmMax * 4; left > 0; left--)
        {
            var head = await NbdGreeting.ReadAsync(stream, 16, cancellation);
            var option = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8));
            var length = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(12));
            if (BinaryPrimitives.ReadUInt64BigEndian(head) != OptionMagic || length > Limits.Disks.NbdTextBytesMax)
                throw new NbdException(NbdFault.Broken, "it asks for something that is no option");
            await NbdGreeting.ReadAsync(stream, (int)length, cancellation);
            if (option != OptionGo)
            {
                await ReplyAsync(stream, option, ReplyUnsupported, [], cancellation);
                continue;
            }

            await ReplyAsync(stream, option, ReplyInfo, ExportOf(bytes), cancellation);
            await ReplyAsync(stream, option, ReplyInfo, BlockSizes(), cancellation);
            await ReplyAsync(stream, option, ReplyAck, [], cancellation);
            return;
        }

        throw new NbdException(NbdFault.Broken, "it asks for options without end");
    }

    private static byte[] ExportOf(long bytes)
    {
        var info = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(info, InfoExport);
        BinaryPrimitives.WriteInt64BigEndian(info.AsSpan(2), bytes);
        BinaryPrimitives.WriteUInt16BigEndian(info.AsSpan(10), HasFlags | SendFlush | SendWriteZeroes);
        return info;
    }

    private static byte[] BlockSizes()
    {
        var info = new byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(info, InfoBlockSize);
        BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(2), 1);
        BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(6), BlockBytesPreferred);
        BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(10), Limits.Disks.PieceBytesMax);
        return info;
    }

    private static async Task ReplyAsync(Stream stream, uint option, uint type, byte[] data, CancellationToken cancellation)
    {
        var reply = new byte[20 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(reply, OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), type);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(16), (uint)data.Length);
        data.CopyTo(reply, 20);
        await stream.WriteAsync(reply, cancellation);
    }
}
