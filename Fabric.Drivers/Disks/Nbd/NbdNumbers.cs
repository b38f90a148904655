namespace Fabric.Drivers.Disks.Nbd;

/// <summary>Numbers of the NBD protocol; all on the wire are big-endian.</summary>
internal static class NbdNumbers
{
    public const ulong Magic = 0x4e42444d41474943;
    public const ulong OptionMagic = 0x49484156454f5054;
    public const ulong OptionReplyMagic = 0x0003e889045565a9;
    public const uint RequestMagic = 0x25609513;
    public const uint SimpleReplyMagic = 0x67446698;
    public const uint ChunkMagic = 0x668e33ef;

    public const ushort FixedNewStyle = 1;
    public const ushort NoZeroes = 2;

    public const uint OptionGo = 7;
    public const uint OptionStructuredReply = 8;
    public const uint OptionSetMetaContext = 10;

    public const uint ReplyAck = 1;
    public const uint ReplyInfo = 3;
    public const uint ReplyMetaContext = 4;
    public const uint ReplyErrorBit = 1u << 31;

    public const ushort InfoExport = 0;

    public const ushort HasFlags = 1;
    public const ushort ReadOnly = 2;
    public const ushort SendFlush = 4;
    public const ushort SendWriteZeroes = 0x40;

    public const ushort CommandRead = 0;
    public const ushort CommandWrite = 1;
    public const ushort CommandDisconnect = 2;
    public const ushort CommandFlush = 3;
    public const ushort CommandWriteZeroes = 6;
    public const ushort CommandBlockStatus = 7;

    public const ushort ChunkDone = 1;
    public const ushort ChunkNone = 0;
    public const ushort ChunkOffsetData = 1;
    public const ushort ChunkOffsetHole = 2;
    public const ushort ChunkBlockStatus = 5;
    public const ushort ChunkErrorBit = 0x8000;

    /// <summary><c>base:allocation</c>: reads as zeroes.</summary>
    public const uint IsZero = 2;

    /// <summary><c>qemu:dirty-bitmap:NAME</c>: the bit is set.</summary>
    public const uint IsDirty = 1;

    /// <summary>An errno of the protocol, in words.</summary>
    public static string ErrorText(uint error) => error switch
    {
        1 => "not permitted",
        5 => "input/output error",
        12 => "out of memory",
        22 => "invalid request",
        28 => "no space left on the device",
        75 => "too large",
        95 => "not supported",
        108 => "the server is going down",
        _ => $"error {error}",
    };
}
