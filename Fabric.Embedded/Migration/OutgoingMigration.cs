using System.Net.Sockets;
using System.Text;
using Fabric.Embedded.Machine;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>
/// The source's side, a thread of its own:
/// <code>
/// setup -> active (rounds) -> [guest stops] -> pre-switchover (waits for migrate-continue) -> device -> completed
///    \________\__________________________________\______________________________\-> failed or cancelled,
///                                                                                    and the guest runs on
/// </code>
/// In the device phase the main lock is held until the last byte is out. After that only the target's word is waited
/// for; while it is out, a cancel or a lost connection still gives the guest back.
/// </summary>
internal sealed class OutgoingMigration(
    GuestParts parts, MigrationSettings settings, MigrationTrack track, MigrationCounters counters, string socketPath)
{
    private readonly Pause _pause = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Thread? _thread;
    private string? _frozenFrom;
    private long _stoppedAt;

    /// <summary>Begins.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "migration" };
        _thread.Start();
    }

    /// <summary>Waits until it has ended.</summary>
    public void Join() => _thread?.Join();

    /// <summary>The order to go on from pre-switchover.</summary>
    public void ContinueSwitchover() => _pause.Release();

    /// <summary>Limits have changed: whoever waits for the rate looks again.</summary>
    public void LimitsChanged() => _pause.Nudge();

    /// <summary>Ends it by order. The phase was set before.</summary>
    public void Cancel()
    {
        _pause.End(new OperationCanceledException("cancelled by order"));
        Cut();
    }

    /// <summary>Cuts the connection, whatever it is doing.</summary>
    public void Cut()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Not connected yet, or closed already.
        }
    }

    private void Run()
    {
        ReturnPath? back = null;
        try
        {
            Connect();
            back = settings.Has(MigrationSettings.ReturnPath) ? new ReturnPath(_socket, _pause) : null;
            Send(back);
        }
        catch (Exception e) when (e is MigrationFault or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            GiveBack(e.Message);
        }
        finally
        {
            parts.Vcpu.Ask(guest =>
            {
                guest.Memory.Dirty.Stop();
                return true;
            });
            Cut();
            back?.Join();
            _socket.Dispose();
        }
    }

    private void Connect()
    {
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new MigrationFault($"Failed to connect to '{socketPath}': {e.Message}", e);
        }
    }

    private void Send(ReturnPath? back)
    {
        var sender = new StreamSender(_socket, settings, counters, _pause, parts.Time);
        var stream = new QemuStreamWriter(sender);
        var block = new RamBlock(GuestStream.BlockName, parts.Guest.Memory.Bytes);
        var preCopy = new PreCopy(
            parts.Guest, block, stream, sender, settings, counters, track, _pause, parts.Time);
        Begin(stream, block, back);
        sender.Flush();
        if (!track.TryMove(MigrationPhases.Setup, MigrationPhases.Active))
            _pause.Look();
        counters.SetupMs = counters.ElapsedMs;
        preCopy.Run();
        Switchover(preCopy, stream, sender, back);
    }

    private void Begin(QemuStreamWriter stream, RamBlock block, ReturnPath? back)
    {
        parts.Vcpu.Ask(guest =>
        {
            guest.Memory.Dirty.Start();
            return true;
        });
        stream.Header();
        stream.Configuration(Encoding.ASCII.GetBytes(VmSpec.EmbeddedMachine));
        if (back is not null)
        {
            stream.OpenReturnPath();
            stream.Ping(1);
            back.Start();
        }

        stream.RamSection(SectionKind.Start, PreCopy.Section);
        stream.RamSetup([block]);
        stream.EndOfRecords();
        stream.Footer(PreCopy.Section);
    }

    private void Switchover(PreCopy preCopy, QemuStreamWriter stream, StreamSender sender, ReturnPath? back)
    {
        Freeze(preCopy);
        if (settings.Has(MigrationSettings.PauseBeforeSwitchover))
        {
            track.TryMove(MigrationPhases.Active, MigrationPhases.PreSwitchover);
            _pause.ForRelease();
        }

        using (parts.MainLock.Take())
        {
            if (!track.TryMove(MigrationPhases.PreSwitchover, MigrationPhases.Device)
                && !track.TryMove(MigrationPhases.Active, MigrationPhases.Device))
                _pause.Look();
            sender.IsUnlimited = true;
            preCopy.SendRest();
            stream.DeviceState(
                GuestStream.DeviceSection, DeviceState.Name, 0, DeviceState.Version,
                DeviceState.Save(parts.Guest, _frozenFrom!));
            stream.End();
            sender.Flush();
        }

        back?.AwaitShut();
        HandOver();
    }

    private void Freeze(PreCopy preCopy)
    {
        using (parts.MainLock.Take())
        {
            _pause.Look();
            _stoppedAt = parts.Time.GetTimestamp();
            _frozenFrom = parts.Run.Freeze();
            preCopy.TakeRest();
        }
    }

    // Under the main lock, so that phase and run state change in one step for whoever looks. A cancel that comes just
    // before wins, and the target's copy is then never let run.
    private void HandOver()
    {
        using (parts.MainLock.Take())
        {
            counters.DowntimeMs = (long)parts.Time.GetElapsedTime(_stoppedAt).TotalMilliseconds;
            counters.TotalMs = counters.ElapsedMs;
            if (!track.TryMove(MigrationPhases.Device, MigrationPhases.Completed))
                throw new OperationCanceledException("cancelled by order");
            parts.Run.HandOver();
        }
    }

    private void GiveBack(string why)
    {
        using (parts.MainLock.Take())
        {
            counters.TotalMs = counters.ElapsedMs;
            track.End(why);
            if (_frozenFrom is { } before)
                parts.Run.Thaw(before);
        }
    }
}
