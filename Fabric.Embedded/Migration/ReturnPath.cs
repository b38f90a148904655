using System.Net.Sockets;
using System.Text;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>What the target answers, read by a thread of its own while the migration's thread sends.</summary>
internal sealed class ReturnPath(Socket socket, Pause pause, PageRequests requests) : IReturnPathVisitor
{
    private readonly ReturnPathReader _reader = new();
    private uint? _status;
    private byte[]? _received;
    private bool _goesOn;
    private Thread? _thread;

    /// <summary>The target has taken everything.</summary>
    /// <exception cref="MigrationFault">It has not.</exception>
    public void AwaitShut() => pause.Until(() => _status switch
    {
        null => false,
        0 => true,
        var status => throw new MigrationFault($"the target did not load the guest: it answered {status}"),
    });

    /// <summary>The target has shut the way back.</summary>
    public bool IsShut => _status is not null;

    /// <summary>After an interruption: the pages that the target holds.</summary>
    public byte[] AwaitReceived()
    {
        pause.Until(() => _received is not null);
        return _received!;
    }

    /// <summary>After an interruption: the target goes on.</summary>
    public void AwaitResume() => pause.Until(() => _goesOn);

    /// <summary>Begins to listen.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "return-path" };
        _thread.Start();
    }

    /// <summary>Waits for the thread; the socket was cut before.</summary>
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

    void IReturnPathVisitor.OnRequestPages(ReadOnlySpan<byte> block, ulong start, uint length)
    {
        var isOurs = block.IsEmpty || string.Equals(Encoding.Latin1.GetString(block), GuestStream.BlockName, StringComparison.Ordinal);
        if (!isOurs || !requests.TryAdd(start, length))
            throw new MigrationFault($"the target asks for {length} bytes at 0x{start:x}, which this guest does not have");
        pause.Nudge();
    }

    void IReturnPathVisitor.OnRecvBitmap(ReadOnlySpan<byte> block, ReadOnlySpan<byte> bitmap)
    {
        if (bitmap.Length != requests.BitmapBytes)
            throw new MigrationFault($"the target's bitmap has {bitmap.Length} bytes and not {requests.BitmapBytes}");
        _received = bitmap.ToArray();
        pause.Nudge();
    }

    void IReturnPathVisitor.OnResumeAck()
    {
        _goesOn = true;
        pause.Nudge();
    }

    void IReturnPathVisitor.OnSwitchoverAck()
    {
        // Of QEMU 8.1 and later; nothing here waits for it.
    }

    void IReturnPathVisitor.OnOpaque(ReadOnlySpan<byte> bytes)
    {
        if (!_reader.IsShut)
            throw new MigrationFault($"the return path is not understood: {_reader.Why}");
    }

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
