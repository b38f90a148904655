using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Client;

/// <summary>One server-sent event as it came.</summary>
/// <param name="Kind">snapshot, journal, progress, held, vm, host, lagged, over; others are skipped.</param>
/// <param name="Data">Its JSON.</param>
public sealed record WatchEvent(string Kind, string Data)
{
    /// <summary>The migration of a snapshot or of the end.</summary>
    public MigrationSummary? Migration =>
        Kind is "snapshot" or "over" ? JsonSerializer.Deserialize(Data, ApiJson.Default.MigrationSummary) : null;

    /// <summary>The event that was journalled.</summary>
    public JournalEntry? Entry =>
        Kind is "journal" ? JsonSerializer.Deserialize(Data, ApiJson.Default.JournalEntry) : null;

    /// <summary>Numbers.</summary>
    public TransferSeen? Transfer =>
        Kind is "progress" ? JsonSerializer.Deserialize(Data, ApiJson.Default.TransferSeen) : null;

    /// <summary>A fault plan's hold.</summary>
    public HeldNotice? Held => Kind is "held" ? JsonSerializer.Deserialize(Data, ApiJson.Default.HeldNotice) : null;

    /// <summary>What the link between its sites has for a migration.</summary>
    public LineNotice? Line => Kind is "line" ? JsonSerializer.Deserialize(Data, ApiJson.Default.LineNotice) : null;

    /// <summary>A VM's change.</summary>
    public VmNotice? Vm => Kind is "vm" ? JsonSerializer.Deserialize(Data, ApiJson.Default.VmNotice) : null;
}
