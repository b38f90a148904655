using System.Buffers;

namespace Fabric.Actors.Cluster;

/// <summary>
/// The messages that the node link carries. The link knows none of them: it bounds their size and depth, and has seen
/// that the text is one well-formed JSON value before the codec reads it.
/// </summary>
public interface ILinkCodec
{
    /// <summary>Writes the message as one JSON value.</summary>
    void Write(object message, IBufferWriter<byte> output);

    /// <summary>
    /// Reads one JSON value. Throws <see cref="LinkProtocolException"/> with <see cref="LinkFault.UnknownMessage"/> for
    /// a message that it does not know; whatever else it throws is taken as <see cref="LinkFault.BadMessage"/>.
    /// </summary>
    object Read(ReadOnlySpan<byte> json);
}
