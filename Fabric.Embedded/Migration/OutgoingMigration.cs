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
///              \                                                                    and the guest runs on
///               \-> (post-copy) postcopy-active -> completed
///                        ^   \-> postcopy-paused (connection lost)
///                        \-- postcopy-recover &lt;--/ (migrate with resume)
/// </code>
/// In the device phase the main lock is held until the last byte is out. After that only the target's word is waited
/// for; while it is out, a cancel or a lost connection still gives the guest back. From postcopy-active on the guest is
/// the target's: nothing that happens makes it run here.
/// </summary>
internal sealed class OutgoingMigration(
    GuestParts parts, MigrationTrack track, MigrationCounters counters, string socketPath)
{
    private readonly Pause _pause = new();
    private readonly PageRequests _requests = new(parts.Guest.Memory.Pages);
    private readonly RamBlock _block = new(GuestStream.BlockName, parts.Guest.Memory.Bytes);
    private Thread? _thread;
    private volatile SourceLink? _link;
    private volatile string? _resumePath;
    private volatile bool _isPostcopyWanted;
    private volatile bool _isHandedOver;
    private string? _frozenFrom;
    private long _stoppedAt;

    private MigrationSettings Settings => track.Settings;

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

    /// <summary>The order to go over to post-copy.</summary>
    public void StartPostcopy()
    {
        _isPostcopyWanted = true;
        _pause.Nudge();
    }

    /// <summary>The order to go on with an interrupted post-copy over a new connection.</summary>
    public void Resume(string path)
    {
        _resumePath = path;
        _pause.Nudge();
    }

    /// <summary>Limits have changed: whoever waits for the rate looks again.</summary>
    public void LimitsChanged() => _pause.Nudge();

    /// <summary>Ends it by order. The phase was set before.</summary>
    public void Cancel()
    {
        _pause.End(new OperationCanceledException("cancelled by order"));
        Cut();
    }

    /// <summary>Cuts the connection, whatever it is doing.</summary>
    public void Cut() => _link?.Cut();

    private void Run()
    {
        try
        {
            Connect(socketPath);
            Send();
        }
        catch (Exception e) when (IsEnd(e))
        {
            GiveBack(e.Message);
        }
        finally
        {
            parts.Vcpu.ThrottlePercent = 0;
            parts.Vcpu.Ask(guest =>
            {
                guest.Memory.Dirty.Stop();
                return true;
            });
            _link?.Dispose();
        }
    }

    private static bool IsEnd(Exception e) =>
        e is MigrationFault or SocketException or ObjectDisposedException or OperationCanceledException;

    private SourceLink Connect(string path) =>
        _link = SourceLink.Connect(path, Settings, counters, _pause, _requests, parts.Time);

    private void Send()
    {
        var link = _link!;
        var preCopy = new PreCopy(
            parts.Guest, _block, link, counters, track, _pause,
            new AutoConverge(parts.Vcpu, Settings, counters, parts.Time), parts.Time);
        Begin(link);
        link.Sender.Flush();
        if (!track.TryMove(MigrationPhases.Setup, MigrationPhases.Active))
            _pause.Look();
        counters.SetupMs = counters.ElapsedMs;
        preCopy.Run(() => _isPostcopyWanted);
        Freeze(preCopy);
        if (Settings.Has(MigrationSettings.PauseBeforeSwitchover))
        {
            track.TryMove(MigrationPhases.Active, MigrationPhases.PreSwitchover);
            _pause.ForRelease();
        }

        if (_isPostcopyWanted)
            SendAfterSwitch(link, preCopy);
        else
            SendBeforeSwitch(link, preCopy);
    }

    private void Begin(SourceLink link)
    {
        parts.Vcpu.Ask(guest =>
        {
            guest.Memory.Dirty.Start();
            return true;
        });
        var stream = link.Stream;
        stream.Header();
        stream.Configuration(Encoding.ASCII.GetBytes(VmSpec.EmbeddedMachine));
        if (link.Back is { } back)
        {
            stream.OpenReturnPath();
            stream.Ping(1);
            back.Start();
        }

        if (Settings.Has(MigrationSettings.PostcopyRam))
            stream.PostcopyAdvise();
        stream.RamSection(SectionKind.Start, PreCopy.Section);
        stream.RamSetup([_block]);
        stream.EndOfRecords();
        stream.Footer(PreCopy.Section);
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

    private void SendBeforeSwitch(SourceLink link, PreCopy preCopy)
    {
        using (parts.MainLock.Take())
        {
            MoveOn(MigrationPhases.Device);
            link.Sender.IsUnlimited = true;
            preCopy.SendRest();
            link.Stream.DeviceState(
                GuestStream.DeviceSection, DeviceState.Name, 0, DeviceState.Version,
                DeviceState.Save(parts.Guest, _frozenFrom!));
            link.Stream.End();
            link.Sender.Flush();
        }

        link.Back?.AwaitShut();
        using (parts.MainLock.Take())
        {
            // A cancel that comes just before wins, and the target's copy is then never let run.
            Note();
            if (!track.TryMove(MigrationPhases.Device, MigrationPhases.Completed))
                throw new OperationCanceledException("cancelled by order");
            parts.Run.HandOver();
        }
    }

    private void SendAfterSwitch(SourceLink link, PreCopy preCopy)
    {
        var postCopy = new PostCopy(parts.Guest.Memory, preCopy, _block, _requests, counters, _pause);
        using (parts.MainLock.Take())
        {
            _pause.Look();
            link.Sender.IsUnlimited = true;
            postCopy.Switch(link, DeviceState.Save(parts.Guest, _frozenFrom!));
            _isHandedOver = true;
            MoveOn(MigrationPhases.PostcopyActive);
            counters.DowntimeMs = (long)parts.Time.GetElapsedTime(_stoppedAt).TotalMilliseconds;
            (link.Sender.IsUnlimited, link.Sender.IsPostcopy) = (false, true);
        }

        while (!TryPush(postCopy))
            Recover(postCopy);
        using (parts.MainLock.Take())
        {
            counters.TotalMs = counters.ElapsedMs;
            track.TryMove(MigrationPhases.PostcopyActive, MigrationPhases.Completed);
            parts.Run.HandOver();
        }
    }

    private bool TryPush(PostCopy postCopy)
    {
        try
        {
            postCopy.Push(_link!);
            return true;
        }
        catch (Exception e) when (IsEnd(e) && e is not OperationCanceledException)
        {
            Interrupted(e.Message);
            return false;
        }
    }

    // The guest stays frozen here and whole there but for its missing pages; both wait for a new connection.
    private void Interrupted(string why)
    {
        _link!.Dispose();
        using (parts.MainLock.Take())
            track.Interrupt(why);
    }

    private void Recover(PostCopy postCopy)
    {
        while (true)
        {
            _pause.Restart();
            _pause.Until(() => _resumePath is not null);
            var path = _resumePath!;
            _resumePath = null;
            try
            {
                var link = Connect(path);
                link.Sender.IsPostcopy = true;
                postCopy.Resume(link);
                track.TryMove(MigrationPhases.PostcopyRecover, MigrationPhases.PostcopyActive);
                return;
            }
            catch (Exception e) when (IsEnd(e) && e is not OperationCanceledException)
            {
                Interrupted(e.Message);
            }
        }
    }

    private void MoveOn(string to)
    {
        if (!track.TryMove(MigrationPhases.PreSwitchover, to) && !track.TryMove(MigrationPhases.Active, to))
            _pause.Look();
    }

    private void Note()
    {
        counters.DowntimeMs = (long)parts.Time.GetElapsedTime(_stoppedAt).TotalMilliseconds;
        counters.TotalMs = counters.ElapsedMs;
    }

    private void GiveBack(string why)
    {
        using (parts.MainLock.Take())
        {
            counters.TotalMs = counters.ElapsedMs;
            track.End(why);
            if (_isHandedOver)
                parts.Run.HandOver();
            else if (_frozenFrom is { } before)
                parts.Run.Thaw(before);
        }
    }
}
