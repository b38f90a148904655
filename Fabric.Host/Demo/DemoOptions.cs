using Fabric.Host.Configuration;

namespace Fabric.Host.Demo;

/// <summary>What the demo was asked to do.</summary>
public sealed record DemoOptions
{
    /// <summary>What to break; null breaks nothing.</summary>
    public DemoVictim? Kill { get; init; }

    /// <summary>Where in the migration to break it.</summary>
    public FaultStage At { get; init; } = FaultStage.Off;

    /// <summary>What runs the guest.</summary>
    public HypervisorKind Hypervisor { get; init; } = HypervisorKind.Embedded;

    /// <summary>What an embedded guest runs.</summary>
    public string Program { get; init; } = Protocol.GuestProgramSpec.SpecWeb;

    /// <summary>Folder with the guest's vmlinux and initrd.cpio; null looks for artifacts/guest.</summary>
    public string? GuestDirectory { get; init; }

    /// <summary>The guest's memory, before it is made fit for the hypervisor.</summary>
    public long MemoryBytes { get; init; } = 128L << 20;

    /// <summary>What the migration may send, bytes a second: slow enough to watch its rounds.</summary>
    public long BandwidthBytesPerSecond { get; init; } = 40_000_000;

    /// <summary>The QEMU program.</summary>
    public string QemuBinary { get; init; } = "qemu-system-x86_64";

    /// <summary>Leaves the directory with configurations, journals and logs.</summary>
    public bool Keep { get; init; }
}
