using System.Runtime.InteropServices;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>One message as it came.</summary>
internal readonly ref struct NetlinkMessage(ushort type, MessageFlags flags, uint sequence, ReadOnlySpan<byte> body)
{
    public ushort Type { get; } = type;

    public MessageFlags Flags { get; } = flags;

    public uint Sequence { get; } = sequence;

    public ReadOnlySpan<byte> Body { get; } = body;

    /// <summary>The body from there on; what is too short for its fixed part is malformed.</summary>
    public ReadOnlySpan<byte> After(int fixedPart) => Body.Length >= fixedPart
        ? Body[NetlinkWriter.Padded(fixedPart)..]
        : throw NetlinkReader.Malformed($"a message of type {Type} has {Body.Length} bytes, not {fixedPart}");
}

/// <summary>Takes a datagram of the kernel apart. Each length is checked before it is used.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>The next message; false at the end.</summary>
    public bool TryNext(out NetlinkMessage message)
    {
        message = default;
        if (_rest.Length == 0)
            return false;
        if (_rest.Length < NetlinkWriter.HeadSize)
            throw Malformed($"{_rest.Length} bytes are left, less than a head");
        var length = MemoryMarshal.Read<uint>(_rest);
        if (length < NetlinkWriter.HeadSize || length > _rest.Length)
            throw Malformed($"a message says that it has {length} of {_rest.Length} bytes");
        message = new NetlinkMessage(
            MemoryMarshal.Read<ushort>(_rest[4..]), (MessageFlags)MemoryMarshal.Read<ushort>(_rest[6..]),
            MemoryMarshal.Read<uint>(_rest[8..]), _rest[NetlinkWriter.HeadSize..(int)length]);
        _rest = _rest[Math.Min(NetlinkWriter.Padded((int)length), _rest.Length)..];
        return true;
    }

    internal static NetlinkException Malformed(string what) =>
        new(NetlinkFault.Malformed, $"the kernel's answer is not netlink: {what}");
}

/// <summary>Walks over attributes. Ends at the end; throws on a length that leaves the message.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private const int HeadSize = 4;
    private ReadOnlySpan<byte> _rest = attributes;

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        // Less than a head is padding.
        if (_rest.Length < HeadSize)
            return false;
        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < HeadSize || length > _rest.Length)
            throw NetlinkReader.Malformed($"an attribute says that it has {length} of {_rest.Length} bytes");
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & Attribute.TypeMask);
        Value = _rest[HeadSize..length];
        _rest = _rest[Math.Min(NetlinkWriter.Padded(length), _rest.Length)..];
        return true;
    }

    public readonly byte AsByte() => Sized(sizeof(byte))[0];

    public readonly ushort AsUInt16BigEndian() =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(Sized(sizeof(ushort)));

    public readonly uint AsUInt32() => MemoryMarshal.Read<uint>(Sized(sizeof(uint)));

    public readonly MacAddress? AsMac() => Value.Length == MacAddress.Size ? MacAddress.From(Value) : null;

    /// <summary>Text up to its zero, bounded and printable.</summary>
    public readonly string AsText()
    {
        var end = Value.IndexOf((byte)0);
        var bytes = end < 0 ? Value : Value[..end];
        if (bytes.Length > Limits.Network.KernelTextLengthMax)
            bytes = bytes[..Limits.Network.KernelTextLengthMax];
        return HypervisorText.Cut(Encoding.UTF8.GetString(bytes));
    }

    /// <summary>An address of 4 or 16 bytes; null when it is no machine's.</summary>
    public readonly HostAddress? AsAddress() => NetlinkAddress.Read(Value);

    private readonly ReadOnlySpan<byte> Sized(int size) => Value.Length >= size
        ? Value
        : throw NetlinkReader.Malformed($"attribute {Type} has {Value.Length} bytes, not {size}");
}
