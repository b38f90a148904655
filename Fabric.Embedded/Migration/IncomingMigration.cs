using System.Buffers;
using System.Net.Sockets;
using Fabric.Embedded.Machine;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>
/// The target's side, a thread of its own. It takes one connection. A stream that ends or breaks before the guest is
/// whole ends the process, as QEMU's does: half a guest must not stay, let alone run.
/// </summary>
internal sealed class IncomingMigration(GuestParts parts, MigrationTrack track, string socketPath, Action<string> die)
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private volatile Socket? _peer;
    private Thread? _thread;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">The path cannot be used.</exception>
    public void Start()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        _listener.Listen(1);
        _thread = new Thread(Run) { IsBackground = true, Name = "incoming" };
        _thread.Start();
    }

    /// <summary>Cuts the connection.</summary>
    public void Cut()
    {
        try
        {
            _peer?.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone already.
        }
    }

    /// <summary>Ends it, whatever it waits for.</summary>
    public void End()
    {
        _listener.Dispose();
        Cut();
        _thread?.Join();
    }

    private void Run()
    {
        try
        {
            using var peer = _listener.Accept();
            _peer = peer;
            track.TryMove(MigrationPhases.Setup, MigrationPhases.Active);
            Load(peer);
        }
        catch (Exception e) when (e is MigrationFault or SocketException or ObjectDisposedException)
        {
            using (parts.MainLock.Take())
                track.End(e.Message);
            die($"load of migration failed: {e.Message}");
        }
    }

    private void Load(Socket peer)
    {
        var answers = new ArrayBufferWriter<byte>();
        var back = new ReturnPathWriter(answers);
        var mayAnswer = false;
        var loader = new StreamLoader(parts.Guest, value =>
        {
            mayAnswer = true;
            back.Pong(value);
            SendAnswers(peer, answers);
        });
        Receive(peer, loader);
        Complete(loader.SourceState!);
        if (!mayAnswer)
            return;
        back.Shut(0);
        SendAnswers(peer, answers);
    }

    private static void Receive(Socket peer, StreamLoader loader)
    {
        var buffer = new byte[Limits.Guest.StreamBufferBytes];
        while (!loader.IsComplete && peer.Receive(buffer) is var count and > 0)
            loader.Take(buffer.AsSpan(0, count));
        loader.End();
    }

    private void Complete(string sourceState)
    {
        using (parts.MainLock.Take())
        {
            track.TryMove(MigrationPhases.Active, MigrationPhases.Completed);
            parts.Run.Loaded(sourceState);
        }
    }

    private static void SendAnswers(Socket peer, ArrayBufferWriter<byte> answers)
    {
        try
        {
            for (var rest = answers.WrittenSpan; !rest.IsEmpty;)
                rest = rest[peer.Send(rest)..];
        }
        catch (SocketException)
        {
            // The source has gone. If the guest is whole this changes nothing; if not, reading ends it.
        }

        answers.ResetWrittenCount();
    }
}
