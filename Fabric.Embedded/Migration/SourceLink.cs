using System.Net.Sockets;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>One connection of the source: what is sent over it, and what comes back.</summary>
internal sealed class SourceLink : IDisposable
{
    private readonly Socket _socket;

    private SourceLink(
        Socket socket, MigrationSettings settings, MigrationCounters counters, Pause pause, PageRequests requests, TimeProvider time)
    {
        _socket = socket;
        Sender = new StreamSender(socket, settings, counters, pause, time);
        Stream = new QemuStreamWriter(Sender);
        Back = settings.Has(MigrationSettings.ReturnPath) ? new ReturnPath(socket, pause, requests) : null;
    }

    /// <summary>Gathers and sends.</summary>
    public StreamSender Sender { get; }

    /// <summary>Writes to the sender.</summary>
    public QemuStreamWriter Stream { get; }

    /// <summary>Answers; null without the capability.</summary>
    public ReturnPath? Back { get; }

    /// <summary>Connects.</summary>
    /// <exception cref="MigrationFault">Nobody listens there.</exception>
    public static SourceLink Connect(
        string path, MigrationSettings settings, MigrationCounters counters, Pause pause, PageRequests requests, TimeProvider time)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new SourceLink(socket, settings, counters, pause, requests, time);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new MigrationFault($"Failed to connect to '{path}': {e.Message}", e);
        }
    }

    /// <summary>Ends both ways at once, whatever either thread does with them.</summary>
    public void Cut()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone already.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cut();
        Back?.Join();
        _socket.Dispose();
    }
}
