namespace Fabric.Transport.Pages;

// The return path, from target to source: u16 type, u16 length, payload. A bitmap follows its message and is not counted
// in its length: u64 length, the bits (little endian, in whole u64), u64 0123456789abcdef.

/// <summary>Messages of the return path, with QEMU's numbers (MIG_RP_MSG_*).</summary>
public enum ReturnPathMessage : ushort
{
    /// <summary>The last one: u32, zero when the target has everything.</summary>
    Shut = 1,

    /// <summary>The u32 of a PING.</summary>
    Pong = 2,

    /// <summary>Pages that the guest waits for: u64 start, u32 length, name of the block.</summary>
    ReqPagesId = 3,

    /// <summary>The same, of the block that was named last.</summary>
    ReqPages = 4,

    /// <summary>Name of a block, and after it the bitmap of the pages that the target holds.</summary>
    RecvBitmap = 5,

    /// <summary>After a recovery of post-copy: u32 1.</summary>
    ResumeAck = 6,

    /// <summary>The target is ready for the switchover (8.1).</summary>
    SwitchoverAck = 7,
}

/// <summary>Takes what a <see cref="ReturnPathReader"/> finds. A span is valid during the call only.</summary>
public interface IReturnPathVisitor
{
    /// <summary>Zero when the target has everything.</summary>
    void OnShut(uint status);

    /// <summary>The answer to a ping.</summary>
    void OnPong(uint value);

    /// <summary>Pages that the guest waits for.</summary>
    /// <param name="block">Name of the block; empty when it is the one of the request before.</param>
    /// <param name="start">Bytes in the block.</param>
    /// <param name="length">Bytes.</param>
    void OnRequestPages(ReadOnlySpan<byte> block, ulong start, uint length);

    /// <summary>A set bit for each page that the target holds; the first page is the lowest bit of the first byte.</summary>
    void OnRecvBitmap(ReadOnlySpan<byte> block, ReadOnlySpan<byte> bitmap);

    /// <summary>Post-copy goes on.</summary>
    void OnResumeAck();

    /// <summary>The target is ready for the switchover.</summary>
    void OnSwitchoverAck();

    /// <summary>Bytes that were not read, from here to the end.</summary>
    void OnOpaque(ReadOnlySpan<byte> bytes);
}
