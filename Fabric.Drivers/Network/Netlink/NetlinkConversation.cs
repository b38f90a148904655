using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>Writes a request with that number into the buffer; its length.</summary>
internal delegate int RequestWriter(Span<byte> buffer, uint sequence);

/// <summary>Makes something of an answer; null when it is not wanted.</summary>
internal delegate T? AnswerParser<out T>(NetlinkMessage message)
    where T : class;

/// <summary>
/// One question at a time, and its answer: every request asks for an acknowledgement and has a number, and what comes
/// with
/// another number (a late answer to a question that was given up) is passed over. An answer that was lost leaves a
/// change
/// in doubt and is said so; a reading is begun anew.
/// </summary>
internal sealed class NetlinkConversation(INetlinkChannel channel) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly byte[] _request = new byte[Limits.Network.NetlinkRequestBytesMax];
    private readonly byte[] _answer = new byte[Limits.Network.NetlinkReplyBytesMax];
    private uint _sequence;

    /// <summary>Changes something; returns when the kernel has said that it is done.</summary>
    public void Change(RequestWriter write)
    {
        lock (_lock)
        {
            Ask<object>(write, static _ => null, into: null, out _);
        }
    }

    /// <summary>Asks for one thing; null when the kernel says that there is none.</summary>
    public T? Get<T>(RequestWriter write, AnswerParser<T> parse)
        where T : class
    {
        try
        {
            return Read(write, parse).FirstOrDefault();
        }
        catch (NetlinkException e) when (e.IsAbsence)
        {
            return null;
        }
    }

    /// <summary>Asks for all of a table that the parser wants, or for one thing.</summary>
    public List<T> Read<T>(RequestWriter write, AnswerParser<T> parse)
        where T : class
    {
        lock (_lock)
        {
            for (var tries = 1; ; tries++)
            {
                var found = new List<T>();
                var last = tries == Limits.Network.NetlinkDumpTriesMax;
                try
                {
                    Ask(write, parse, found, out var interrupted);
                    if (!interrupted)
                        return found;
                    if (last)
                        throw new NetlinkException(
                            NetlinkFault.Unsteady, $"a table of the kernel changed during each of {tries} readings");
                }
                catch (NetlinkException e) when (e.Fault == NetlinkFault.Lost && !last)
                {
                    // The rest of the lost answer has an old number and is passed over.
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private void Ask<T>(RequestWriter write, AnswerParser<T> parse, List<T>? into, out bool interrupted)
        where T : class
    {
        interrupted = false;
        var sequence = ++_sequence;
        channel.Send(_request.AsSpan(0, write(_request, sequence)));
        for (var datagrams = 0; datagrams < Limits.Network.NetlinkDatagramsMax; datagrams++)
        {
            var reader = new NetlinkReader(_answer.AsSpan(0, channel.Receive(_answer)));
            while (reader.TryNext(out var message))
            {
                if (message.Sequence != sequence)
                    continue;
                interrupted |= message.Flags.HasFlag(MessageFlags.DumpInterrupted);
                if (IsEnd(message))
                    return;
                if (message.Type > MessageType.Overrun && parse(message) is { } item)
                    into?.Add(item);
            }
        }

        throw NetlinkReader.Malformed($"an answer does not end after {Limits.Network.NetlinkDatagramsMax} datagrams");
    }

    // True at the end of the answer; throws when that is a refusal.
    private static bool IsEnd(NetlinkMessage message)
    {
        if (message.Type == MessageType.Overrun)
            throw new NetlinkException(NetlinkFault.Lost, "the kernel says that a part of its answer was lost");
        if (message.Type is not (MessageType.Error or MessageType.Done))
            return false;
        if (message.Type == MessageType.Done && message.Body.Length < sizeof(int))
            return true;
        _ = message.After(sizeof(int));
        var error = -MemoryMarshal.Read<int>(message.Body);
        return error == 0 ? true : throw Refusal(message, error);
    }

    private static NetlinkException Refusal(NetlinkMessage message, int error)
    {
        var words = Marshal.GetPInvokeErrorMessage(error);
        var told = message.Flags.HasFlag(MessageFlags.ErrorHasAttributes) ? KernelWords(message) : null;
        return new NetlinkException(
            NetlinkFault.Refused, told is null ? $"the kernel refused: {words}" : $"the kernel refused: {told} ({words})", error);
    }

    private static string? KernelWords(NetlinkMessage message)
    {
        // After the number comes the head of our request, and all of it when the kernel does not cap its errors.
        var after = sizeof(int) + NetlinkWriter.HeadSize;
        if (message.Type == MessageType.Done)
            after = sizeof(int);
        else if (!message.Flags.HasFlag(MessageFlags.CappedError) && message.Body.Length >= 2 * sizeof(int))
            after = (int)Math.Min(sizeof(int) + (long)MemoryMarshal.Read<uint>(message.Body[sizeof(int)..]), int.MaxValue - 4);
        if (message.Body.Length < after)
            return null;
        string? text = null;
        uint? offset = null;
        var attributes = new AttributeReader(message.After(after));
        while (attributes.MoveNext())
        {
            if (attributes.Type == Attribute.ErrorText)
                text = attributes.AsText();
            else if (attributes.Type == Attribute.ErrorOffset)
                offset = attributes.AsUInt32();
        }

        return (text, offset) switch
        {
            (null, _) => offset is { } o ? $"at byte {o} of the request" : null,
            (_, null) => text,
            var (t, o) => $"{t}, at byte {o} of the request",
        };
    }
}
