using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>What the target answers, read by a thread of its own while the migration's thread sends.</summary>
internal sealed class ReturnPath(Socket socket, Pause pause) : IReturnPathVisitor
{
    private readonly ReturnPathReader _reader = new();
    private uint? _status;
    private Thread? _thread;

    /// <summary>The target has taken everything.</summary>
    /// <exception cref="MigrationFault">It has not.</exception>
    public void AwaitShut() => pause.Until(() => _status switch
    {
        null => false,
        0 => true,
        var status => throw new MigrationFault($"the target did not load the guest: it answered {status}"),
    });

    /// <summary>Begins to listen.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "return-path" };
        _thread.Start();
    }

    /// <summary>Waits for the thread; the socket was closed before.</summary>
    public void Join() => _thread?.Join();

    void IReturnPathVisitor.OnShut(uint status)
    {
        _status = status;
        pause.Nudge();
    }

    void IReturnPathVisitor.OnPong(uint value)
    {
        // An answer to a ping: it shows that the way back is open, which is all that it was asked for.
    }

    void IReturnPathVisitor.OnRequestPages(ReadOnlySpan<byte> block, ulong start, uint length) =>
        throw new MigrationFault("the target asks for pages, and this is no post-copy");

    void IReturnPathVisitor.OnRecvBitmap(ReadOnlySpan<byte> block, ReadOnlySpan<byte> bitmap) =>
        throw new MigrationFault("the target sends a bitmap that nobody asked for");

    void IReturnPathVisitor.OnResumeAck() => throw new MigrationFault("the target goes on with what was not interrupted");

    void IReturnPathVisitor.OnSwitchoverAck()
    {
        // Of QEMU 8.1 and later; nothing here waits for it.
    }

    void IReturnPathVisitor.OnOpaque(ReadOnlySpan<byte> bytes) =>
        throw new MigrationFault($"the return path is not understood: {_reader.Why}");

    private void Run()
    {
        var buffer = new byte[Limits.Guest.ReturnPathBufferBytes];
        try
        {
            while (socket.Receive(buffer) is var count and > 0)
                _reader.Read(buffer.AsSpan(0, count), this);
            if (_status is null)
                pause.End(new MigrationFault("the target closed the connection before it had everything"));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or MigrationFault)
        {
            pause.End(e);
        }
    }
}
