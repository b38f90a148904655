using System.Buffers;
using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>
/// What the target answers. The thread that loads and the vCPU that waits for a page both do; a connection that is lost
/// takes nothing, and what was asked for is asked again over the next one.
/// </summary>
internal sealed class Answers
{
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly ReturnPathWriter _writer;
    private Socket? _peer;
    private bool _mayAnswer;

    public Answers() => _writer = new ReturnPathWriter(_bytes);

    /// <summary>Over this connection from now on; null for none.</summary>
    public void To(Socket? peer)
    {
        lock (_gate)
        {
            _peer = peer;
            _writer.Resume();
        }
    }

    /// <summary>The source reads answers.</summary>
    public void Open()
    {
        lock (_gate)
            _mayAnswer = true;
    }

    /// <summary>The answer to a ping.</summary>
    public void Pong(uint value) => Say(writer => writer.Pong(value));

    /// <summary>The guest is whole.</summary>
    public void Shut() => Say(writer => writer.Shut(0));

    /// <summary>The guest waits for a page.</summary>
    public void Request(RamBlock block, int page) =>
        Say(writer => writer.RequestPages(block, (long)page * Limits.Guest.PageSize, Limits.Guest.PageSize));

    /// <summary>The pages that are here.</summary>
    public void Received(RamBlock block, byte[] bitmap) => Say(writer => writer.RecvBitmap(block, bitmap));

    /// <summary>Post-copy goes on.</summary>
    public void Resumed() => Say(writer => writer.ResumeAck());

    private void Say(Action<ReturnPathWriter> what)
    {
        lock (_gate)
        {
            if (_peer is null || !_mayAnswer)
                return;
            what(_writer);
            try
            {
                for (var rest = _bytes.WrittenSpan; !rest.IsEmpty;)
                    rest = rest[_peer.Send(rest)..];
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The source has gone. If the guest is whole this changes nothing; if not, reading ends or pauses it.
            }

            _bytes.ResetWrittenCount();
        }
    }
}
