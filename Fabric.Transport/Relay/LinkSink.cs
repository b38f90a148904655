using Fabric.Transport.Link;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>Gathers bytes to frames of the link. One thread at a time.</summary>
internal sealed class LinkSink(
    IDataLink link, LinkBufferPool buffers, StallWatch watch, TimeProvider time) : IByteSink, IDisposable
{
    private readonly LinkPace _pace = new(time);
    private LinkBuffer? _buffer;
    private int _length;

    /// <summary>Bytes gathered.</summary>
    public int Length => _length;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            _buffer ??= buffers.Rent("relay: page work to link");
            var taken = Math.Min(bytes.Length, _buffer.Payload.Length - _length);
            bytes[..taken].CopyTo(_buffer.Payload[_length..]);
            _length += taken;
            bytes = bytes[taken..];
            if (_length == _buffer.Payload.Length)
                Push();
        }
    }

    /// <summary>Sends what was gathered.</summary>
    public void Push()
    {
        if (_length == 0)
            return;
        var length = _length;
        _length = 0;
        watch.ToLinkBegins();
        link.Send(_buffer!, length);
        _pace.Sent(length);
        watch.ToLinkEnds();
    }

    /// <summary>Sends, and waits for a link that is further behind than it should be.</summary>
    public void PushInPace()
    {
        Push();
        watch.ToLinkBegins();
        _pace.Await(link);
        watch.ToLinkEnds();
    }

    /// <summary>Gives its buffer back; it may be written to again.</summary>
    public void Dispose()
    {
        _length = 0;
        _buffer?.Dispose();
        _buffer = null;
    }
}
