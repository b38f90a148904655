using Fabric.Protocol;

namespace Fabric.Simulation.Plans;

/// <summary>Which fault can befall whom, and how long each lasts when nothing is drawn.</summary>
public static class FaultCells
{
    /// <summary>Every pair of a kind and a role that means something.</summary>
    public static IReadOnlyList<(FaultKind Kind, Role Role)> All { get; } =
        [.. Enum.GetValues<FaultKind>().SelectMany(k => RolesOf(k).Select(r => (k, r)))];

    /// <summary>The durable stages in which something can still go wrong.</summary>
    public static IReadOnlyList<StageKind> Stages { get; } =
        [.. Enum.GetValues<StageKind>().Where(s => s is not (StageKind.Unstarted or StageKind.Over))];

    public static IReadOnlyList<Role> RolesOf(FaultKind kind) => kind switch
    {
        FaultKind.AgentKilled or FaultKind.PowerLost or FaultKind.AgentStopped or FaultKind.AgentSlow or FaultKind.VmKilled
            or FaultKind.MonitorHangs or FaultKind.CommandsFail or FaultKind.GuestShutsDown or FaultKind.GuestCrashes
            or FaultKind.LinkCut or FaultKind.OrdersCut or FaultKind.ReportsCut or FaultKind.LinkReset or FaultKind.MailLost
            or FaultKind.MailDoubled or FaultKind.MailReordered or FaultKind.DataCut or FaultKind.LedgerFull
            or FaultKind.LedgerFails or FaultKind.LedgerReplyLost or FaultKind.LedgerTorn or FaultKind.LedgerHangs
            or FaultKind.Obstructed => [Role.Source, Role.Target],
        FaultKind.TransferFails or FaultKind.DataReset => [Role.Source],
        FaultKind.LoadFails or FaultKind.StartRefused => [Role.Target],
        FaultKind.CoordinatorKilled or FaultKind.CoordinatorPowerLost or FaultKind.CoordinatorStopped
            or FaultKind.CoordinatorReplaced or FaultKind.CoordinatorSlow or FaultKind.JournalFull or FaultKind.JournalFails
            or FaultKind.JournalReplyLost or FaultKind.JournalTorn or FaultKind.JournalHangs
            or FaultKind.JournalRestored => [Role.Coordinator],
        FaultKind.ClockStepped => [Role.Coordinator, Role.Source, Role.Target],
        FaultKind.Cancelled or FaultKind.Recovered or FaultKind.MigratedAgain or FaultKind.Drained
            or FaultKind.VmStopped or FaultKind.VmStarted or FaultKind.RateAsked or FaultKind.DirtyingAsked => [Role.Operator],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a fault"),
    };

    /// <summary>How long it lasts in an enumeration: past every time-out that reacts to it, when that differs.</summary>
    public static long UsualMs(FaultKind kind) => kind switch
    {
        FaultKind.AgentKilled or FaultKind.CoordinatorKilled => 1_000,
        FaultKind.PowerLost or FaultKind.CoordinatorPowerLost => 12_000,
        FaultKind.CoordinatorReplaced => 60_000,
        FaultKind.AgentStopped or FaultKind.CoordinatorStopped or FaultKind.LinkCut or FaultKind.OrdersCut
            or FaultKind.ReportsCut or FaultKind.DataCut => 25_000,
        FaultKind.MonitorHangs => 15_000,
        // Past the time-out of an append: it may then still be written.
        FaultKind.LedgerHangs or FaultKind.JournalHangs => 35_000,
        FaultKind.ClockStepped => 90_000,
        _ => 4_000,
    };
}
