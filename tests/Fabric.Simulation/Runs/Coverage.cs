using Fabric.Protocol;
using Fabric.Simulation.Plans;

namespace Fabric.Simulation.Runs;

/// <summary>How often each fault befell each role in each durable stage.</summary>
public sealed class Coverage
{
    private readonly long[,,] _hits = new long[
        Enum.GetValues<StageKind>().Length, Enum.GetValues<FaultKind>().Length, Enum.GetValues<Role>().Length];

    public void Add(IReadOnlyList<(Fault Fault, StageKind? Stage)> injected)
    {
        foreach (var (fault, stage) in injected)
        {
            if (stage is { } durable)
                _hits[(int)durable, (int)fault.Kind, (int)fault.Role]++;
        }
    }

    public void Add(Coverage other)
    {
        foreach (var (stage, kind, role) in Cells())
            _hits[(int)stage, (int)kind, (int)role] += other.Hits(stage, kind, role);
    }

    public long Hits(StageKind stage, FaultKind kind, Role role) => _hits[(int)stage, (int)kind, (int)role];

    public static IEnumerable<(StageKind Stage, FaultKind Kind, Role Role)> Cells() =>
        from stage in FaultCells.Stages
        from cell in FaultCells.All
        select (stage, cell.Kind, cell.Role);

    /// <summary>Why a cell cannot be hit; null when it can.</summary>
    public static string? Unreachable(StageKind stage, FaultKind kind, Role role) => (stage, kind, role) switch
    {
        (StageKind.Activation, _, _) => "it is left in the append that enters it",
        (StageKind.Reversal, FaultKind.VmKilled, Role.Target) => "the target's copy is gone",
        (StageKind.PreMigration, FaultKind.VmKilled or FaultKind.GuestShutsDown or FaultKind.GuestCrashes, Role.Target) =>
            "there is no copy at the target yet",
        (StageKind.PreMigration, FaultKind.LoadFails or FaultKind.TransferFails, _) => "nothing is sent yet",
        (StageKind.Reservation or StageKind.StorageSync, FaultKind.LoadFails or FaultKind.TransferFails, _) => "nothing is sent yet",
        (StageKind.Reservation or StageKind.StorageSync or StageKind.PreCopy or StageKind.StopAndCopy or StageKind.RollingBack
            or StageKind.DiscardingTarget or StageKind.Reversal or StageKind.OnHold,
            FaultKind.GuestShutsDown or FaultKind.GuestCrashes, Role.Target) => "the target does not run",
        (StageKind.Commitment or StageKind.Reversal or StageKind.ReleasingSource or StageKind.OnHold
            or StageKind.DiscardingTarget, FaultKind.TransferFails or FaultKind.LoadFails, _) => "nothing is sent any more",
        (StageKind.Commitment or StageKind.ReleasingSource or StageKind.OnHold,
            FaultKind.GuestShutsDown or FaultKind.GuestCrashes, Role.Source) => "the source does not run",
        _ => null,
    };

    /// <summary>Cells that can be hit and were hit less often than that.</summary>
    public IEnumerable<string> Below(long bar) =>
        from cell in Cells()
        let hits = Hits(cell.Stage, cell.Kind, cell.Role)
        where hits < bar && Unreachable(cell.Stage, cell.Kind, cell.Role) is null
        select $"{cell.Stage} x {cell.Kind} x {cell.Role}: {hits}";

    public (int Reachable, int Hit, long Least) Summary()
    {
        var hits = Cells().Where(c => Unreachable(c.Stage, c.Kind, c.Role) is null)
            .Select(c => Hits(c.Stage, c.Kind, c.Role)).ToList();
        return (hits.Count, hits.Count(h => h > 0), hits.Min());
    }
}
