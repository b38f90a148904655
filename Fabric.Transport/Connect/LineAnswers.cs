using System.Collections.Concurrent;
using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Connect;

/// <summary>
/// Gives questions of other sites back as they came. Each connection has a thread that waits; there are at most
/// <see cref="Limits.Sites.ProbesMax"/>, and one that asks nothing for a while is closed.
/// </summary>
internal sealed class LineAnswers
{
    private readonly ConcurrentDictionary<LinkWire, Socket> _open = new();
    private int _count;
    private int _closed;

    /// <summary>Takes a connection over; false when there are too many.</summary>
    public bool TryTake(LinkWire wire, Socket socket)
    {
        if (Interlocked.Increment(ref _count) > Limits.Sites.ProbesMax)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _open[wire] = socket;
        BlockingThread.Run("line answers", () => Answer(wire, socket));
        return true;
    }

    /// <summary>Closes all; a connection that comes late closes itself.</summary>
    public void Close()
    {
        Volatile.Write(ref _closed, 1);
        foreach (var socket in _open.Values)
            socket.Dispose();
    }

    private void Answer(LinkWire wire, Socket socket)
    {
        Span<byte> question = stackalloc byte[Limits.Sites.ProbeSize];
        try
        {
            socket.ReceiveTimeout = socket.SendTimeout = Limits.Sites.ProbeIdleMs;
            while (Volatile.Read(ref _closed) == 0)
            {
                wire.Stream.ReadExactly(question);
                wire.Write(question);
            }
        }
        catch (Exception e) when (LinkFaults.IsCut(e))
        {
            // It was closed, or asked nothing: whoever wants to know more connects again.
        }
        finally
        {
            _open.TryRemove(wire, out _);
            Interlocked.Decrement(ref _count);
            wire.Close();
        }
    }
}
