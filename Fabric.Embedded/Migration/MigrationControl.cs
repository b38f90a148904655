using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fabric.Embedded.Machine;
using Fabric.Embedded.Qmp;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>The monitors' commands about migrations. All but the out-of-band one come under the main lock.</summary>
internal sealed class MigrationControl(GuestParts parts, Action<string> die)
{
    private const string Scheme = "unix:";

    private readonly MigrationTrack _track = new(parts.Events, new MigrationSettings());
    private DirtyRate? _dirtying;
    private volatile OutgoingMigration? _outgoing;
    private volatile IncomingMigration? _incoming;

    /// <summary>What the guest writes, measured.</summary>
    public DirtyRate Dirtying => _dirtying ??= new DirtyRate(parts, () => !MigrationPhases.IsIdle(_track.Phase));

    /// <summary><c>migrate</c>.</summary>
    public void Begin(string uri, bool resume)
    {
        var path = PathOf(uri);
        if (resume)
        {
            if (_outgoing is null || !_track.TryMove(MigrationPhases.PostcopyPaused, MigrationPhases.PostcopyRecover))
                throw QmpRefusal.Of("Cannot resume if there is no paused migration");
            _outgoing.Resume(path);
            return;
        }

        if (_track.Settings.Has(MigrationSettings.PostcopyRam) && !_track.Settings.Has(MigrationSettings.ReturnPath))
            throw QmpRefusal.Of("Postcopy needs the capability 'return-path'");
        if (string.Equals(parts.Run.State, RunStates.Inmigrate, StringComparison.Ordinal))
            throw QmpRefusal.Of("Guest is waiting for an incoming migration");
        RequireIdle();
        Dirtying.Abandon();
        var counters = new MigrationCounters(parts.Guest.Memory.Bytes, parts.Time);
        _outgoing = new OutgoingMigration(parts, _track, counters, path);
        _track.Begin(counters);
        _outgoing.Start();
    }

    /// <summary><c>migrate-incoming</c>.</summary>
    public void Await(string uri)
    {
        var path = PathOf(uri);
        if (!string.Equals(parts.Run.State, RunStates.Inmigrate, StringComparison.Ordinal))
            throw QmpRefusal.Of("'-incoming' was not specified on the command line");
        if (_incoming is not null)
            throw QmpRefusal.Of("The incoming migration has already been started");
        var incoming = new IncomingMigration(parts, _track, die);
        try
        {
            incoming.Start(path);
        }
        catch (SocketException e)
        {
            throw QmpRefusal.Of($"Failed to bind socket to {path}: {e.Message}");
        }

        _incoming = incoming;
        _track.Begin(counters: null);
    }

    /// <summary><c>migrate-continue</c>.</summary>
    public void ContinueSwitchover(string state)
    {
        if (state is not (MigrationPhases.PreSwitchover or MigrationPhases.Active or MigrationPhases.Device))
            throw QmpRefusal.Of($"Parameter 'state' does not accept value '{Names.Shown(state)}'");
        if (!string.Equals(_track.Phase, state, StringComparison.Ordinal))
            throw QmpRefusal.Of($"Migration not in expected state: {_track.Phase}");
        _outgoing?.ContinueSwitchover();
    }

    /// <summary><c>migrate-start-postcopy</c>.</summary>
    public void StartPostcopy()
    {
        if (!_track.Settings.Has(MigrationSettings.PostcopyRam))
            throw QmpRefusal.Of("Enable postcopy with migrate_set_capability before the start of migration");
        if (_track.Phase is MigrationPhases.None || _outgoing is null)
            throw QmpRefusal.Of("Postcopy must be started after migration has been started");
        _outgoing.StartPostcopy();
    }

    /// <summary><c>migrate-pause</c>: cuts the connection of a post-copy.</summary>
    public void Interrupt()
    {
        if (_track.Phase is not MigrationPhases.PostcopyActive)
            throw QmpRefusal.Of("migrate-pause is currently only supported during postcopy-active state");
        _outgoing?.Cut();
        _incoming?.Cut();
    }

    /// <summary><c>migrate-recover</c>: the target of an interrupted post-copy listens anew.</summary>
    public void Recover(string uri)
    {
        var path = PathOf(uri);
        if (_incoming is null || _track.Phase is not MigrationPhases.PostcopyPaused)
            throw QmpRefusal.Of("Migrate recover can only be run when postcopy is paused.");
        try
        {
            _incoming.Recover(path);
        }
        catch (SocketException e)
        {
            throw QmpRefusal.Of($"Failed to bind socket to {path}: {e.Message}");
        }
    }

    /// <summary><c>migrate_cancel</c>: without effect when there is nothing to cancel, or no more.</summary>
    public void Cancel()
    {
        if (_outgoing is { } outgoing && _track.TryCancel())
            outgoing.Cancel();
    }

    /// <summary><c>yank</c>, out of band: cuts the connection even while the main lock is held.</summary>
    public void Yank(IReadOnlyList<QmpArguments> instances)
    {
        foreach (var instance in instances)
        {
            var type = instance.Text("type");
            instance.RefuseOthers();
            if (!string.Equals(type, "migration", StringComparison.Ordinal) || MigrationPhases.IsIdle(_track.Phase))
                throw QmpRefusal.Of($"Instance '{Names.Shown(type)}' not found");
        }

        if (instances.Count == 0)
            return;
        _outgoing?.Cut();
        _incoming?.Cut();
    }

    /// <summary><c>query-migrate</c>.</summary>
    public JsonObject Look()
    {
        var answer = new JsonObject();
        if (string.Equals(_track.Phase, MigrationPhases.None, StringComparison.Ordinal))
            return answer;
        answer["status"] = _track.Phase;
        if (_track.Error is { } error)
            answer["error-desc"] = error.Length > Limits.Guest.ErrorLengthMax ? error[..Limits.Guest.ErrorLengthMax] : error;
        _track.Counters?.Tell(answer);
        return answer;
    }

    /// <summary><c>migrate-set-capabilities</c>.</summary>
    public void SetCapabilities(IReadOnlyList<QmpArguments> changes)
    {
        RequireIdle();
        _track.Settings.SetCapabilities(changes);
    }

    /// <summary><c>migrate-set-parameters</c>; at any time.</summary>
    public void SetParameters(QmpArguments arguments)
    {
        _track.Settings.SetParameters(arguments);
        _outgoing?.LimitsChanged();
    }

    /// <summary><c>query-migrate-capabilities</c>.</summary>
    public JsonArray Capabilities() => _track.Settings.Capabilities();

    /// <summary><c>query-migrate-parameters</c>.</summary>
    public JsonObject Parameters() => _track.Settings.Parameters();

    /// <summary>Ends whatever is under way, and returns when it has ended.</summary>
    public void End()
    {
        Cancel();
        _outgoing?.Cancel();
        _outgoing?.Join();
        _incoming?.End();
    }

    private void RequireIdle()
    {
        if (!MigrationPhases.IsIdle(_track.Phase))
            throw QmpRefusal.Of("There's a migration process in progress");
    }

    private static string PathOf(string uri) => uri.StartsWith(Scheme, StringComparison.Ordinal) && uri.Length > Scheme.Length
        ? uri[Scheme.Length..]
        : throw QmpRefusal.Of($"unknown migration protocol: {Names.Shown(uri)}; only unix:PATH is known");
}
