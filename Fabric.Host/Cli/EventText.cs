using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>What an event of a migration means, in one line.</summary>
internal static class EventText
{
    private const double PageBytes = 4096;

    /// <summary>An event that a newer server wrote is shown as it is.</summary>
    public static string Of(JournalEntry entry)
    {
        try
        {
            return FabricEvents.Registry.Deserialize(
                new StreamId(EntityKinds.Migration, "shown"), entry.Version, entry.Name,
                JsonSerializer.SerializeToUtf8Bytes(entry.Event)) is MigrationEvent happened
                ? Of(happened)
                : entry.Name;
        }
        catch (Exception e) when (e is UnknownEventException or CorruptEventException)
        {
            return entry.Event.GetRawText();
        }
    }

    public static string Of(MigrationEvent happened) => happened switch
    {
        MigrationRequested { Plan: var plan } => Show.Text(
            $"{plan.Spec.Id}: {plan.Source} to {plan.Target}, {Show.Bytes(plan.Spec.MemoryBytes())}, checks begin"),
        AttemptStarted e => Show.Text($"attempt {e.Attempt}: the target reserves"),
        TargetReserved e => $"the target waits for bytes at {e.Endpoint}",
        StorageReady => "disks are in place; pre-copy begins",
        RoundCompleted e => RoundText(e.Round),
        DecisionTaken e => DecisionText.Of(e.Decision),
        TransferPolicyChanged e => $"the operator asks for another way to send: {DecisionText.Of(e.Policy)}",
        SourcePaused => "the guest is paused at the source; stop-and-copy",
        SourceHandedOff { Dead: true } => "the source is dead and can never run again",
        SourceHandedOff e => "the source has handed off, paused for good" + (e.Times is { } t
            ? $" (its last bytes took {Show.Ms(t.LastBytesMs)}"
                + (t.DisksMs is { } disks ? $", the rest of its disks before them {Show.Ms(disks)})" : ")")
            : ""),
        TargetLoaded => "the target holds all of the guest",
        Committed e => Show.Text($"COMMIT: {e.Owner} owns the VM from epoch {e.Epoch} on"),
        Activated e => e.Times is { } t
            ? Show.Text($"the guest runs at the target (grant noted in {Show.Ms(t.NoteMs)}, run in {Show.Ms(t.RunMs)})")
                + (t.NetworkMs is { } turned ? $"; its network turned in {Show.Ms(turned)}" : "")
                + (t.NetworkAlarm is { } alarm ? $"; ALARM: its network did not turn: {alarm}" : "")
            : "the guest runs at the target",
        AttemptAbandoned e => $"the attempt is given up: {Why(e.Reason, e.Detail)}",
        RolledBack e => Show.Text($"attempt {e.Attempt} is rolled back: the guest runs at the source"),
        CommitReverted e => Show.Text(
            $"REVERTED: {e.Owner} owns the VM again, epoch {e.Epoch}: {Why(e.Reason, e.Detail)}"),
        HeldForOperator e => $"HELD for an operator: {Why(e.Reason, e.Detail)}",
        SourceDeclaredGone e => $"operator {e.By} declares the source's host GONE for good",
        SourceCameBack => "the source's host is back; that it is gone is taken back",
        TargetDeclaredGone e => $"operator {e.By} declares the target's host GONE for good",
        TargetCameBack => "the target's host is back; that it is gone is taken back",
        MigrationEnded e => Ended(e),
        CleanedUp e => e.Side == Side.Source ? "the source's copy is released" : "the target's copy is gone",
        _ => happened.GetType().Name,
    };

    private static string RoundText(Round r)
    {
        var dirtying = Show.Rate(r.DirtyPagesPerSecond * PageBytes);
        var sent = Show.Text($"{r.Pages} pages, {Show.Bytes(r.Bytes)} in {Show.Ms(r.DurationMs)}");
        var rate = Show.Rate(r.BytesPerSecond);
        return Show.Text($"round {r.Number}: {sent} at {rate}; {r.DirtyPages} pages dirty, dirtying {dirtying}");
    }

    private static string Ended(MigrationEnded e)
    {
        var why = e.Reason is { } reason ? $": {Why(reason, e.Detail)}" : "";
        var downtime = e.Downtime is { } d ? $", downtime {Show.Ms(d.TotalMs)}" : "";
        return Show.Text($"ENDED {e.Outcome}, kept by {e.Keeper}{downtime}{why}");
    }

    private static string Why(FailureReason reason, string? detail) =>
        detail is null ? $"{reason}" : $"{reason} ({detail})";
}
