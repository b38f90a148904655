using System.Net.Sockets;
using Fabric.Embedded.Machine;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>
/// The target's side, a thread of its own. It takes one connection. A stream that ends or breaks before the guest is
/// whole ends the process, as QEMU's does: half a guest must not stay, let alone run. In post-copy the guest is here
/// and may have run, so a lost connection is waited out: postcopy-paused, until <c>migrate-recover</c> brings another.
/// </summary>
internal sealed class IncomingMigration(GuestParts parts, MigrationTrack track, Action<string> die)
{
    private readonly Pause _pause = new();
    private readonly Answers _answers = new();
    private volatile Socket? _listener;
    private volatile Socket? _peer;
    private Thread? _thread;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">The path cannot be used.</exception>
    public void Start(string socketPath)
    {
        _listener = Listen(socketPath);
        _thread = new Thread(Run) { IsBackground = true, Name = "incoming" };
        _thread.Start();
    }

    /// <summary>Listens for the rest of an interrupted post-copy.</summary>
    /// <exception cref="SocketException">The path cannot be used.</exception>
    public void Recover(string socketPath)
    {
        if (_listener is not null)
            return;
        _listener = Listen(socketPath);
        _pause.Nudge();
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
        _pause.End(new OperationCanceledException("the process ends"));
        _listener?.Dispose();
        Cut();
        _thread?.Join();
    }

    private static Socket Listen(string socketPath)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(socketPath));
            listener.Listen(1);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private void Run()
    {
        try
        {
            var loader = new StreamLoader(parts, track, _answers);
            Accept(MigrationPhases.Setup, MigrationPhases.Active);
            while (!TryReceive(loader))
                AwaitRecovery(loader);
            Complete(loader);
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
        catch (Exception e) when (e is MigrationFault or SocketException or ObjectDisposedException)
        {
            using (parts.MainLock.Take())
                track.End(e.Message);
            die($"load of migration failed: {e.Message}");
        }
        finally
        {
            _peer?.Dispose();
        }
    }

    private void Accept(string from, string to)
    {
        _peer = _listener!.Accept();
        _listener.Dispose();
        _listener = null;
        _answers.To(_peer);
        track.TryMove(from, to);
    }

    // True when the guest is whole; false when the connection was lost and the guest needs another.
    private bool TryReceive(StreamLoader loader)
    {
        var buffer = new byte[Limits.Guest.StreamBufferBytes];
        try
        {
            while (!loader.IsComplete && _peer!.Receive(buffer) is var count and > 0)
                loader.Take(buffer.AsSpan(0, count));
        }
        catch (SocketException) when (loader.IsRunnable)
        {
            // Lost; as good as ended.
        }

        if (!loader.IsComplete && !loader.IsRunnable)
            loader.End();
        return loader.IsComplete;
    }

    private void AwaitRecovery(StreamLoader loader)
    {
        _answers.To(peer: null);
        _peer!.Dispose();
        using (parts.MainLock.Take())
            track.Interrupt("the connection was lost");
        _pause.Until(() => _listener is not null);
        loader.Resume();
        Accept(MigrationPhases.PostcopyPaused, MigrationPhases.PostcopyRecover);
    }

    private void Complete(StreamLoader loader)
    {
        using (parts.MainLock.Take())
        {
            if (!track.TryMove(MigrationPhases.PostcopyActive, MigrationPhases.Completed))
            {
                track.TryMove(MigrationPhases.Active, MigrationPhases.Completed);
                parts.Run.Loaded(loader.SourceState!);
            }
        }

        _answers.Shut();
    }
}
