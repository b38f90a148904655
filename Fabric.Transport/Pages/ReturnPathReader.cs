using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>Reads the return path as it arrives, by the rules of <see cref="QemuStreamReader"/>.</summary>
public sealed class ReturnPathReader : IncrementalReader<IReturnPathVisitor>
{
    private bool _named;

    /// <summary>SHUT was read; nothing may follow.</summary>
    public bool IsShut { get; private set; }

    private protected override bool EndsHere => IsShut;

    private protected override void ReportOpaque(ReadOnlySpan<byte> bytes, IReturnPathVisitor visitor) =>
        visitor.OnOpaque(bytes);

    private protected override bool TryConstruct(ref Cursor at, IReturnPathVisitor visitor)
    {
        if (!at.UInt16(out var type) || !at.UInt16(out var length))
            return false;
        var message = (ReturnPathMessage)type;
        var fits = message switch
        {
            ReturnPathMessage.Shut or ReturnPathMessage.Pong or ReturnPathMessage.ResumeAck => length == 4,
            ReturnPathMessage.ReqPagesId => length is > 13 and <= 13 + Limits.Stream.NameBytesMax,
            ReturnPathMessage.ReqPages => length == 12,
            ReturnPathMessage.RecvBitmap => length is > 1 and <= 1 + Limits.Stream.NameBytesMax,
            ReturnPathMessage.SwitchoverAck => length == 0,
            _ => (bool?)null,
        };
        if (fits is not { } hasLength)
            return GoOpaque(OpaqueReason.Message, $"message {type} of the return path is not known");
        if (!hasLength)
            return Fail(StreamFault.MessageLength, $"message {message} has {length} bytes");
        return at.Bytes(length, out var payload) && TryMessage(ref at, message, payload, visitor);
    }

    private bool TryMessage(
        ref Cursor at, ReturnPathMessage message, ReadOnlySpan<byte> payload, IReturnPathVisitor visitor)
    {
        switch (message)
        {
            case ReturnPathMessage.Shut:
                IsShut = true;
                visitor.OnShut(CommandPayload.Number(payload));
                GoOpaque(OpaqueReason.AfterEnd, "the return path was shut");
                return true;
            case ReturnPathMessage.Pong:
                visitor.OnPong(CommandPayload.Number(payload));
                return true;
            case ReturnPathMessage.ResumeAck:
                if (CommandPayload.Number(payload) != StreamLayout.ResumeAckValue)
                    return Fail(StreamFault.MessagePayload, $"RESUME_ACK says {CommandPayload.Number(payload)} and not 1");
                visitor.OnResumeAck();
                return true;
            case ReturnPathMessage.SwitchoverAck:
                visitor.OnSwitchoverAck();
                return true;
            case ReturnPathMessage.RecvBitmap:
                return TryBitmap(ref at, payload, visitor);
            default:
                return TryRequest(payload, visitor);
        }
    }

    private bool TryRequest(ReadOnlySpan<byte> payload, IReturnPathVisitor visitor)
    {
        var name = payload.Length > 12 ? payload[13..] : default;
        if (!name.IsEmpty && payload[12] != name.Length)
            return Fail(StreamFault.MessagePayload, $"a request names a block of {payload[12]} bytes in {name.Length}");
        if (name.IsEmpty && !_named)
            return Fail(StreamFault.NoBlock, "a request is for the block of the one before, and there was none");
        _named = true;
        visitor.OnRequestPages(name, CommandPayload.Long(payload), CommandPayload.Number(payload[8..]));
        return true;
    }

    private bool TryBitmap(ref Cursor at, ReadOnlySpan<byte> payload, IReturnPathVisitor visitor)
    {
        if (payload[0] != payload.Length - 1)
            return Fail(StreamFault.MessagePayload, $"a bitmap names a block of {payload[0]} bytes in {payload.Length - 1}");
        if (!at.UInt64(out var size))
            return false;
        if (size > Limits.Stream.BitmapBytesMax)
            return Fail(StreamFault.TooLong, $"a bitmap of {size} bytes is above {Limits.Stream.BitmapBytesMax}");
        if (size % 8 != 0)
            return Fail(StreamFault.MessagePayload, $"a bitmap of {size} bytes is not one of whole words");
        if (!at.Bytes((int)size, out var bitmap) || !at.UInt64(out var ending))
            return false;
        if (ending != StreamLayout.BitmapEnding)
            return Fail(StreamFault.MessagePayload, $"a bitmap ends with 0x{ending:x16}");
        visitor.OnRecvBitmap(payload[1..], bitmap);
        return true;
    }
}
