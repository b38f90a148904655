using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// What decides for the actors: the protocol's machines. Handed in, so that a simulation can put a wrong one in a right
/// one's place and see whether its rules notice. Nothing else ever replaces them.
/// </summary>
public sealed record Deciders
{
    /// <summary>The machines of the protocol.</summary>
    public static Deciders Protocol { get; } = new();

    /// <summary>Decides for a VM.</summary>
    public Func<VmState, VmInput, DateTimeOffset, VmDecision> Vm { get; init; } = VmMachine.Decide;

    /// <summary>Decides for a migration; the last argument is a stage to stop in.</summary>
    public Func<MigrationState, MigrationInput, DateTimeOffset, StageKind?, MigrationDecision> Migration { get; init; } =
        MigrationMachine.Decide;

    /// <summary>Decides for a host's copy of a VM.</summary>
    public Func<CopyState, CopyInput, CopyDecision> Copy { get; init; } = CopyMachine.Decide;
}
