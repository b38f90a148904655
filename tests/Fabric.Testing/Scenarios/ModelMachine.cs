using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>One hypervisor process: what a QEMU shows of itself, and how recent the memory is that it holds.</summary>
public sealed class ModelMachine(HostId host, VmId vm, string directory, bool incoming)
{
    public HostId Host => host;

    public VmId Vm => vm;

    public string Directory => directory;

    public bool Incoming => incoming;

    public RunState Run { get; set; } = incoming ? RunState.Inmigrate : RunState.Paused;

    public MigrationPhase Phase { get; set; } = MigrationPhase.None;

    public bool Alive { get; set; } = true;

    /// <summary>Whether its vCPUs ever ran.</summary>
    public bool Ran { get; set; }

    /// <summary>
    /// A cancel will end as <c>failed</c>: QEMU 9 and later shut the return path's socket before they note the cancel,
    /// and its writer may meet the broken pipe first.
    /// </summary>
    public bool CancelFails { get; set; }

    /// <summary>
    /// It may write to the guest's disks: from its run until it inactivates them at the end of the last copy.
    /// </summary>
    public bool HoldsDisks { get; set; }

    /// <summary>
    /// Its agent noted, rightly, that it is to end; that stays right whatever befalls the other copy.
    /// </summary>
    public bool Doomed { get; set; }

    /// <summary>
    /// The guest's own count of steps, as this copy's memory has it; -1 while it holds no whole guest.
    /// </summary>
    public long Memory { get; set; } = incoming ? -1 : 0;

    /// <summary>The transfer under way, or the last one.</summary>
    public ModelTransfer? Transfer { get; set; }

    public override string ToString() => Alive ? $"{host}={Word(Run)}/{Word(Phase)}" : $"{host}=dead";

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>The way between two processes, through both agents' relays.</summary>
public sealed class ModelTransfer(ModelMachine source, ModelMachine target)
{
    public ModelMachine Source => source;

    /// <summary>The last one, when others died before it.</summary>
    public ModelMachine Target { get; set; } = target;

    /// <summary>The target's process died, and its relay waits for another, which it can fill.</summary>
    public bool Vacant { get; set; }

    /// <summary>Only for a planted bug: a process was filled, and not with all that the one before it was given.</summary>
    public bool Lacks { get; set; }

    /// <summary>The relay at the source's agent is there.</summary>
    public bool SourceRelay { get; set; } = true;

    /// <summary>The relay at the target's agent is there.</summary>
    public bool TargetRelay { get; set; } = true;

    /// <summary>Rounds done.</summary>
    public int Rounds { get; set; }

    public bool IsWhole => SourceRelay && TargetRelay && source.Alive && Target.Alive;
}
