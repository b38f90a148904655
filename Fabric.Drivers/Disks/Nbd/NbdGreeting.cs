using System.Buffers.Binary;
using System.Text;
using Fabric.Protocol;
using static Fabric.Drivers.Disks.Nbd.NbdNumbers;

namespace Fabric.Drivers.Disks.Nbd;

/// <summary>
/// The beginning of a conversation: fixed new-style, options one after the other, and GO. With contexts, structured
/// replies are asked for first; without, every answer is a simple one.
/// </summary>
internal static class NbdGreeting
{
    /// <summary>Greets and chooses an export.</summary>
    /// <exception cref="NbdException">It is no such server, or has no such export or context.</exception>
    public static async Task<NbdExport> OpenAsync(
        Stream stream, string export, IReadOnlyList<string> contexts, CancellationToken cancellation)
    {
        var hello = await ReadAsync(stream, 18, cancellation);
        if (BinaryPrimitives.ReadUInt64BigEndian(hello) != Magic
            || BinaryPrimitives.ReadUInt64BigEndian(hello.AsSpan(8)) != OptionMagic)
            throw Broken("it does not greet as an NBD server");
        var offered = BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(16));
        if ((offered & FixedNewStyle) == 0)
            throw Broken("it does not speak the fixed new style");
        var flags = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(flags, (uint)(offered & (FixedNewStyle | NoZeroes)));
        await stream.WriteAsync(flags, cancellation);
        var numbers = contexts.Count == 0 ? [] : await ContextsAsync(stream, export, contexts, cancellation);
        return await GoAsync(stream, export, numbers, cancellation);
    }

    /// <summary>Exactly so many bytes.</summary>
    public static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private static async Task<uint[]> ContextsAsync(
        Stream stream, string export, IReadOnlyList<string> contexts, CancellationToken cancellation)
    {
        await AskAsync(stream, OptionStructuredReply, [], cancellation);
        await AnswersAsync(stream, OptionStructuredReply, static (_, _) => { }, cancellation);
        var question = new List<byte>();
        AddText(question, export);
        AddNumber(question, (uint)contexts.Count);
        foreach (var context in contexts)
            AddText(question, context);
        await AskAsync(stream, OptionSetMetaContext, [.. question], cancellation);
        var found = new Dictionary<string, uint>(StringComparer.Ordinal);
        await AnswersAsync(
            stream,
            OptionSetMetaContext,
            (type, data) =>
            {
                if (type == ReplyMetaContext && data.Length >= 4 && found.Count < contexts.Count)
                    found[Encoding.UTF8.GetString(data.AsSpan(4))] = BinaryPrimitives.ReadUInt32BigEndian(data);
            },
            cancellation);
        return [.. contexts.Select(c => found.TryGetValue(c, out var number)
            ? number
            : throw new NbdException(NbdFault.Refused, $"it has no context '{Names.Shown(c)}'"))];
    }

    private static async Task<NbdExport> GoAsync(
        Stream stream, string export, IReadOnlyList<uint> contexts, CancellationToken cancellation)
    {
        var question = new List<byte>();
        AddText(question, export);
        question.AddRange([0, 0]);
        await AskAsync(stream, OptionGo, [.. question], cancellation);
        NbdExport? told = null;
        await AnswersAsync(
            stream,
            OptionGo,
            (type, data) =>
            {
                if (type != ReplyInfo || data.Length < 12 || BinaryPrimitives.ReadUInt16BigEndian(data) != InfoExport)
                    return;
                var bytes = BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(2));
                var flags = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(10));
                if (bytes < 0)
                    throw Broken("its export has a size below zero");
                told = new NbdExport(bytes, (flags & ReadOnly) != 0, contexts);
                if (told.IsReadOnly)
                    return;
                if ((flags & (SendFlush | SendWriteZeroes)) != (SendFlush | SendWriteZeroes))
                    throw new NbdException(NbdFault.Refused, "its export takes writes but no flush, or no zeroes");
            },
            cancellation);
        return told ?? throw Broken("it did not say how large its export is");
    }

    private static async Task AskAsync(Stream stream, uint option, byte[] data, CancellationToken cancellation)
    {
        var message = new byte[16 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(message, OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), (uint)data.Length);
        data.CopyTo(message, 16);
        await stream.WriteAsync(message, cancellation);
        await stream.FlushAsync(cancellation);
    }

    // Any number of answers up to the acknowledgement; a server gives one for each thing asked for, and a few of its own.
    private static async Task AnswersAsync(
        Stream stream, uint option, Action<uint, byte[]> take, CancellationToken cancellation)
    {
        for (var left = Limits.Disks.PerVmMax * 4; left > 0; left--)
        {
            var head = await ReadAsync(stream, 20, cancellation);
            var type = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(12));
            var length = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(16));
            if (BinaryPrimitives.ReadUInt64BigEndian(head) != OptionReplyMagic
                || BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8)) != option)
                throw Broken("it answers another option than was asked");
            if (length > Limits.Disks.NbdTextBytesMax)
                throw Broken($"an answer of {length} bytes");
            var data = await ReadAsync(stream, (int)length, cancellation);
            if ((type & ReplyErrorBit) != 0)
            {
                throw new NbdException(
                    NbdFault.Refused, $"it refused option {option}: {HypervisorText.Cut(Encoding.UTF8.GetString(data))}");
            }

            if (type == ReplyAck)
                return;
            take(type, data);
        }

        throw Broken("it answers an option without end");
    }

    private static void AddText(List<byte> to, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        AddNumber(to, (uint)bytes.Length);
        to.AddRange(bytes);
    }

    private static void AddNumber(List<byte> to, uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        to.AddRange(bytes);
    }

    private static NbdException Broken(string what) => new(NbdFault.Broken, what);
}
