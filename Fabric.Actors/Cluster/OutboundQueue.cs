using System.Threading.Channels;

namespace Fabric.Actors.Cluster;

/// <summary>Messages waiting to be sent, bounded by number and by bytes. An added array is the queue's.</summary>
internal sealed class OutboundQueue(int messagesMax, int bytesMax)
{
    private readonly Channel<byte[]> _channel = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(messagesMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private long _bytes;

    public ChannelReader<byte[]> Reader => _channel.Reader;

    public bool IsEmpty => _channel.Reader.Count == 0;

    /// <summary>More than half full: the peer is slower than we are.</summary>
    public bool IsHigh => _channel.Reader.Count > messagesMax / 2 || Interlocked.Read(ref _bytes) > bytesMax / 2;

    /// <summary>Less than a quarter full.</summary>
    public bool IsLow =>
        _channel.Reader.Count < Math.Max(1, messagesMax / 4) && Interlocked.Read(ref _bytes) < bytesMax / 4;

    public bool TryAdd(byte[] message)
    {
        if (Interlocked.Add(ref _bytes, message.Length) <= bytesMax && _channel.Writer.TryWrite(message))
            return true;
        Interlocked.Add(ref _bytes, -message.Length);
        return false;
    }

    /// <summary>The message was sent; its bytes count no more.</summary>
    public void Release(byte[] message) => Interlocked.Add(ref _bytes, -message.Length);

    public void Complete() => _channel.Writer.TryComplete();

    public override string ToString() => $"{_channel.Reader.Count} messages, {Interlocked.Read(ref _bytes)} bytes";
}
