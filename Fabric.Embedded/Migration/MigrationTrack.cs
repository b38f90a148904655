using System.Text.Json.Nodes;
using Fabric.Embedded.Qmp;

namespace Fabric.Embedded.Migration;

/// <summary>
/// Where the migration stands, for whoever asks. Orders and the migration's own thread both move it, so each move names
/// the phase that it starts from, and only one of two that cross is made.
/// </summary>
internal sealed class MigrationTrack(QmpEvents events, MigrationSettings settings)
{
    private readonly Lock _gate = new();

    /// <summary>What it is done with.</summary>
    public MigrationSettings Settings => settings;

    /// <summary>QEMU's word.</summary>
    public string Phase { get; private set; } = MigrationPhases.None;

    /// <summary>Why it failed.</summary>
    public string? Error { get; private set; }

    /// <summary>Of an outgoing migration; null when there was none.</summary>
    public MigrationCounters? Counters { get; private set; }

    /// <summary>A new one begins.</summary>
    public void Begin(MigrationCounters? counters)
    {
        lock (_gate)
        {
            (Error, Counters) = (null, counters);
            Move(MigrationPhases.Setup);
        }
    }

    /// <summary>Moves on if it stands where it is expected.</summary>
    public bool TryMove(string from, string to)
    {
        lock (_gate)
        {
            if (!string.Equals(Phase, from, StringComparison.Ordinal))
                return false;
            Move(to);
            return true;
        }
    }

    /// <summary>Ends it, unless it has ended: as cancelled if that was asked for, else as failed.</summary>
    public void End(string error)
    {
        lock (_gate)
        {
            if (MigrationPhases.IsIdle(Phase))
                return;
            var wasCancelled = string.Equals(Phase, MigrationPhases.Cancelling, StringComparison.Ordinal);
            Error = wasCancelled ? null : error;
            Move(wasCancelled ? MigrationPhases.Cancelled : MigrationPhases.Failed);
        }
    }

    /// <summary>Post-copy lost its connection: the guest needs another, and nothing is decided by it.</summary>
    public void Interrupt(string error)
    {
        lock (_gate)
        {
            if (Phase is not (MigrationPhases.PostcopyActive or MigrationPhases.PostcopyRecover))
                return;
            Error = error;
            Move(MigrationPhases.PostcopyPaused);
        }
    }

    /// <summary>Notes a cancel; false when there is nothing to cancel.</summary>
    public bool TryCancel()
    {
        lock (_gate)
        {
            if (Phase is not (MigrationPhases.Setup or MigrationPhases.Active or MigrationPhases.PreSwitchover
                or MigrationPhases.Device))
                return false;
            Move(MigrationPhases.Cancelling);
            return true;
        }
    }

    /// <summary>A round begins.</summary>
    public void TellPass(int number)
    {
        if (settings.Has(MigrationSettings.Events))
            events.Tell("MIGRATION_PASS", new JsonObject { ["pass"] = number });
    }

    private void Move(string to)
    {
        Phase = to;
        if (settings.Has(MigrationSettings.Events))
            events.Tell("MIGRATION", new JsonObject { ["status"] = to });
    }
}
