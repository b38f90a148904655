using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>Events, orders and reports as a transcript shows them: short, and without tickets.</summary>
public static class Shown
{
    public static string Of(Order order) => order switch
    {
        Precheck o => $"Precheck {Word(o.Side)} {o.Stamp}",
        Observe o => $"Observe {Word(o.Side)} {o.Stamp}",
        Grant o => $"Grant {Word(o.Side)} {o.Stamp}",
        BeginTransfer o => $"BeginTransfer {o.Stamp} to {o.Target}",
        SyncDisks o => $"SyncDisks {o.Stamp} to {o.Target}",
        PrepareTarget o => $"PrepareTarget {o.Stamp} from {o.Source}",
        StopVm o => $"StopVm {o.Stamp}{(o.Force ? " force" : "")}",
        AdjustTransfer o => string.Create(
            CultureInfo.InvariantCulture, $"AdjustTransfer {o.Stamp} max={o.Policy.BandwidthMax}"),
        StartVm or ObserveVm or MeasureDirtying or ForgetDisks or RollBackSource or DiscardTarget or ReleaseSource
            or FlipNetwork =>
            $"{order.GetType().Name} {order.Stamp}",
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, "not an order"),
    };

    public static string Of(Report report) => report switch
    {
        LifeReport r => $"Life {r.View} {r.Stamp}{Why(r.Reason, r.Detail)}",
        PrecheckReport r => $"Precheck {Word(r.Side)} {r.Stamp}" +
            (r.Obstacles.Count == 0 ? " passed" : $" ({string.Join(", ", r.Obstacles.Select(o => o.Reason))})"),
        SourceReport r => $"Source {r.View} {r.Stamp}{Why(r.Reason, r.Detail)}",
        TargetReport r => $"Target {r.View} {r.Stamp}{Why(r.Reason, r.Detail)}",
        RoundReport r => string.Create(CultureInfo.InvariantCulture, $"Round {r.Round.Number} {r.Stamp}"),
        DecisionReport r => $"Decision {r.Decision.Kind} {r.Stamp}",
        DirtyingReport r => $"Dirtying {r.Stamp}",
        ProgressReport r => $"Progress {r.Stamp}",
        OrderRefused r => $"Refused {r.Refusal} {r.Stamp} ({r.Detail})",
        _ => throw new ArgumentOutOfRangeException(nameof(report), report, "not a report"),
    };

    public static string Of(object happened) => happened switch
    {
        MigrationRequested e => $"MigrationRequested from {e.Plan.Source} to {e.Plan.Target} at epoch {e.Plan.Epoch}",
        AttemptStarted e => $"AttemptStarted #{e.Attempt}",
        RoundCompleted e => $"RoundCompleted {e.Round.Number}",
        DecisionTaken e => string.Create(
            CultureInfo.InvariantCulture, $"DecisionTaken {e.Decision.Kind} {e.Decision.Value}"),
        TransferPolicyChanged e => string.Create(
            CultureInfo.InvariantCulture, $"TransferPolicyChanged max={e.Policy.BandwidthMax}"),
        SourceHandedOff e => e.Dead ? "SourceHandedOff dead" : "SourceHandedOff",
        Committed e => $"Committed owner={e.Owner} epoch={e.Epoch}",
        AttemptAbandoned e => $"AttemptAbandoned{Why(e.Reason, e.Detail)}",
        RolledBack e => $"RolledBack #{e.Attempt}",
        CommitReverted e => $"CommitReverted owner={e.Owner} epoch={e.Epoch}{Why(e.Reason, e.Detail)}",
        HeldForOperator e => $"HeldForOperator{Why(e.Reason, e.Detail)}",
        MigrationEnded e => $"MigrationEnded {e.Outcome} keeper={e.Keeper}{Why(e.Reason, e.Detail)}",
        SourceDeclaredGone e => $"SourceDeclaredGone by {e.By}",
        TargetDeclaredGone e => $"TargetDeclaredGone by {e.By}",
        CleanedUp e => $"CleanedUp {Word(e.Side)}",
        TargetReserved or StorageReady or SourcePaused or TargetLoaded or Activated or SourceCameBack or TargetCameBack =>
            happened.GetType().Name,
        VmCreated e => $"VmCreated at {e.Owner}",
        VmStartOrdered e => $"VmStartOrdered epoch={e.Epoch}",
        VmStopped e => $"VmStopped{Why(e.Reason, e.Detail)}",
        VmLocked e => $"VmLocked by {e.Migration} for {e.Target}",
        OwnershipMoved e => $"OwnershipMoved owner={e.Owner} epoch={e.Epoch}",
        VmUnlocked e => $"VmUnlocked {e.Outcome} {(e.Running ? "running" : "not running")}",
        VmStarted or VmStopOrdered or VmDeleted => happened.GetType().Name,
        CopyStartNoted e => $"CopyStartNoted {e.Stamp}",
        CopyStopNoted e => $"CopyStopNoted {e.Stamp}",
        CopyEnded e => $"CopyEnded {e.Ended}{Why(e.Reason, e.Detail)}",
        OutgoingBegun e => $"OutgoingBegun {e.Stamp}",
        RollbackNoted e => $"RollbackNoted {e.Stamp}",
        OutgoingEnded e => $"OutgoingEnded {e.Stamp}{Why(e.Reason, e.Detail)}",
        RegrantNoted e => $"RegrantNoted {e.Stamp}",
        ReleaseNoted e => $"ReleaseNoted {e.Stamp}",
        IncomingNoted e => $"IncomingNoted {e.Stamp}",
        IncomingReplaced e => $"IncomingReplaced #{e.Count} ({e.Detail})",
        IncomingClosed e => $"IncomingClosed {e.Stamp}{Why(e.Reason, e.Detail)}",
        GrantNoted e => $"GrantNoted {e.Stamp}",
        HandOffNoted or CopyCleared => happened.GetType().Name,
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "not an event"),
    };

    public static string Word(Side side) => side == Side.Source ? "source" : "target";

    private static string Why(FailureReason? reason, string? detail) =>
        reason is null
            && detail is null ? "" : $" ({string.Join(": ", new[] { reason?.ToString(), detail }.OfType<string>())})";
}
