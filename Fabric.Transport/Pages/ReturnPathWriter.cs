using System.Buffers;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>Writes the return path as QEMU does.</summary>
public sealed class ReturnPathWriter(IBufferWriter<byte> output)
{
    private RamBlock? _block;

    /// <summary>The last message.</summary>
    /// <param name="status">Zero when everything is there.</param>
    public void Shut(uint status) => Number(ReturnPathMessage.Shut, status);

    /// <summary>The answer to a ping.</summary>
    public void Pong(uint value) => Number(ReturnPathMessage.Pong, value);

    /// <summary>Post-copy goes on.</summary>
    public void ResumeAck() => Number(ReturnPathMessage.ResumeAck, StreamLayout.ResumeAckValue);

    /// <summary>Ready for the switchover.</summary>
    public void SwitchoverAck() => Head(ReturnPathMessage.SwitchoverAck, 0, 0).Advance();

    /// <summary>Pages that the guest waits for; the block is named when it is another than before.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Bytes in the block.</param>
    /// <param name="length">Bytes.</param>
    public void RequestPages(RamBlock block, long start, uint length)
    {
        var named = !ReferenceEquals(block, _block);
        var name = named ? block.NameBytes : default;
        var size = 12 + (named ? 1 + name.Length : 0);
        var at = Head(named ? ReturnPathMessage.ReqPagesId : ReturnPathMessage.ReqPages, size, size);
        at.UInt64((ulong)start);
        at.UInt32(length);
        if (named)
            at.Name(name);
        at.Advance();
        _block = block;
    }

    /// <summary>A set bit for each page that is held; whole words of eight bytes.</summary>
    public void RecvBitmap(RamBlock block, ReadOnlySpan<byte> bitmap)
    {
        if (bitmap.Length % 8 != 0 || bitmap.Length > Limits.Stream.BitmapBytesMax)
            throw new ArgumentException($"a bitmap of {bitmap.Length} bytes is not one of whole words", nameof(bitmap));
        var size = 1 + block.NameBytes.Length;
        var at = Head(ReturnPathMessage.RecvBitmap, size, size + 8 + bitmap.Length + 8);
        at.Name(block.NameBytes);
        at.UInt64((ulong)bitmap.Length);
        at.Bytes(bitmap);
        at.UInt64(StreamLayout.BitmapEnding);
        at.Advance();
    }

    /// <summary>Over a new connection the first request names its block.</summary>
    public void Resume() => _block = null;

    private void Number(ReturnPathMessage message, uint value)
    {
        var at = Head(message, 4, 4);
        at.UInt32(value);
        at.Advance();
    }

    private Quill Head(ReturnPathMessage message, int length, int room)
    {
        var at = new Quill(output, 4 + room);
        at.UInt16((ushort)message);
        at.UInt16((ushort)length);
        return at;
    }
}
