using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Simulation.Plans;

/// <summary>What can be done to the fabric, by nature or by an operator. Closed.</summary>
public enum FaultKind
{
    AgentKilled,
    PowerLost,
    AgentStopped,
    AgentSlow,
    VmKilled,
    MonitorHangs,
    CommandsFail,
    TransferFails,
    LoadFails,
    StartRefused,
    GuestShutsDown,
    GuestCrashes,
    LinkCut,
    OrdersCut,
    ReportsCut,
    LinkReset,
    MailLost,
    MailDoubled,
    MailReordered,
    DataCut,
    DataReset,
    LedgerFull,
    LedgerFails,
    LedgerReplyLost,
    LedgerTorn,
    LedgerHangs,
    CoordinatorKilled,
    CoordinatorPowerLost,
    CoordinatorStopped,
    CoordinatorReplaced,
    CoordinatorSlow,
    JournalFull,
    JournalFails,
    JournalReplyLost,
    JournalTorn,
    JournalHangs,
    JournalRestored,
    ClockStepped,
    Obstructed,
    Cancelled,
    Recovered,
    MigratedAgain,
    Drained,
    VmStopped,
    VmStarted,
    RateAsked,
    DirtyingAsked,
}

/// <summary>Whom it befalls, as a part in the migration of the fault's VM.</summary>
public enum Role
{
    Source,
    Target,
    Coordinator,
    Operator,
}

/// <summary>When it comes: at a step, in a stage, or at a time; the first that is set counts.</summary>
/// <param name="Step">Right after the n-th step of the run; 0: not by step.</param>
/// <param name="Stage">When the VM's migration enters this durable stage; Unstarted: not by stage.</param>
/// <param name="DelayUs">After the stage was entered, or after the faults' time began, in microseconds.</param>
public sealed record Trigger(int Step, StageKind Stage, long DelayUs)
{
    public override string ToString() => this switch
    {
        { Step: > 0 } => $"after step {Step}",
        { Stage: not StageKind.Unstarted } => $"{Shown(DelayUs)} into {Stage}",
        _ => $"at {Shown(DelayUs)}",
    };

    private static string Shown(long us) => string.Create(CultureInfo.InvariantCulture, $"{us / 1000.0:0.###} ms");
}

/// <summary>One thing that is done in a run.</summary>
/// <param name="Kind">What.</param>
/// <param name="Role">To whom.</param>
/// <param name="When">When.</param>
/// <param name="LastsMs">How long, where that means something.</param>
/// <param name="Count">How many, where that means something.</param>
/// <param name="Vm">Whose migration it is about.</param>
public sealed record Fault(FaultKind Kind, Role Role, Trigger When, long LastsMs, int Count, int Vm)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Kind} {Role} of vm{Vm} {When}, {LastsMs} ms, x{Count}");
}
