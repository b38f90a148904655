using Fabric.Host.Configuration;

namespace Fabric.Host.Faults;

/// <summary>One thing to break.</summary>
/// <param name="Who">What.</param>
/// <param name="Action">How.</param>
/// <param name="At">The stage of the migration.</param>
/// <param name="For">How long; a kill has no length.</param>
/// <param name="BytesPerSecond">What a slow link carries.</param>
/// <param name="Repetition">Counts from 1.</param>
public sealed record FaultCase(
    FaultVictim Who, FaultAction Action, FaultStage At, TimeSpan For, long BytesPerSecond, int Repetition = 1)
{
    /// <summary>
    /// In pre-copy: it comes when the data link has carried so many bytes. Page work leaves some 2 MiB of the embedded
    /// lab guest's 128: by default it comes after an eighth of them.
    /// </summary>
    public long AfterBytes { get; init; } = 256L << 10;

    /// <summary>Such as <c>target-vm.kill.pre-copy</c>, with <c>#2</c> for a repetition.</summary>
    public string Id
    {
        get
        {
            var id = $"{FaultNames.WordOf(Who)}.{FaultNames.WordOf(Action)}.{FaultNames.WordOf(At)}";
            return Repetition == 1 ? id : FormattableString.Invariant($"{id}#{Repetition}");
        }
    }

    /// <summary>Whether it breaks the network that comes along with the guest.</summary>
    public bool IsOfNetwork => Who is FaultVictim.SourceNetwork or FaultVictim.TargetNetwork;

    /// <summary>Whether this victim can suffer this action.</summary>
    public static bool IsSensible(FaultVictim who, FaultAction action) => ActionsOf(who).Contains(action);

    /// <summary>What can be done to a victim.</summary>
    public static IReadOnlyList<FaultAction> ActionsOf(FaultVictim who) => who switch
    {
        FaultVictim.SourceAgent or FaultVictim.TargetAgent or FaultVictim.Coordinator =>
            [FaultAction.Kill, FaultAction.Stop, FaultAction.Slow],
        FaultVictim.SourceVm or FaultVictim.TargetVm => [FaultAction.Kill, FaultAction.Stop],
        FaultVictim.DataLink or FaultVictim.NodeLink => [FaultAction.Cut, FaultAction.Stop, FaultAction.Slow],
        FaultVictim.Journal or FaultVictim.Ledger => [FaultAction.DiskFull],
        FaultVictim.SourceNetwork or FaultVictim.TargetNetwork => [FaultAction.Refuse],
        _ => throw new ArgumentOutOfRangeException(nameof(who), who, "not a victim"),
    };
}
