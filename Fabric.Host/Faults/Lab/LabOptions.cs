using Fabric.Host.Configuration;
using Fabric.Host.Impair;

namespace Fabric.Host.Faults.Lab;

/// <summary>What a lab on this machine is made of.</summary>
public sealed record LabOptions
{
    /// <summary>What runs the guest.</summary>
    public HypervisorKind Hypervisor { get; init; } = HypervisorKind.Embedded;

    /// <summary>What an embedded guest runs.</summary>
    public string Program { get; init; } = Protocol.GuestProgramSpec.SpecWeb;

    /// <summary>Folder with the guest's vmlinux and initrd.cpio; null looks for artifacts/guest.</summary>
    public string? GuestDirectory { get; init; }

    /// <summary>What a QEMU guest's dirtier does, as its kernel's command line says it.</summary>
    public string Dirtier { get; init; } = "d.ws=16 d.rate=400 d.mode=sparse d.fill=8 d.hb=50";

    /// <summary>The guest's memory, before it is made fit for the hypervisor.</summary>
    public long MemoryBytes { get; init; } = 128L << 20;

    /// <summary>
    /// What lies on the guest's local disk beside what it writes, and is copied; 0 is a guest without a disk, as those of
    /// the embedded hypervisor are.
    /// </summary>
    public long DiskFillBytes { get; init; }

    /// <summary>Whether the guest has a local disk.</summary>
    public bool HasDisk => DiskFillBytes > 0 && Hypervisor == HypervisorKind.Qemu;

    /// <summary>
    /// What the migration may send, bytes a second on the wire: page work leaves some 2 MiB of the embedded lab guest's 128,
    /// and its rounds are to be watched.
    /// </summary>
    public long BandwidthBytesPerSecond { get; init; } = 1_000_000;

    /// <summary>What the way to each host's data port is like; all bytes of a migration pass it.</summary>
    public ImpairSettings Wan { get; init; } = ImpairSettings.None;

    /// <summary>Further settings of the hosts' nodes: lines of HOCON in their <c>fabric</c>.</summary>
    public string HostSettings { get; init; } = "";

    /// <summary>The guest moves back after it has moved; only where nothing is broken.</summary>
    public bool Returns { get; init; }

    /// <summary>The QEMU program.</summary>
    public string QemuBinary { get; init; } = "qemu-system-x86_64";

    /// <summary>Leaves the directory with configurations, journals and logs.</summary>
    public bool Keep { get; init; }

    /// <summary>After this the coordinator gives a migration up.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long the way between the hosts will be cut: the migration's own time-outs, which a demo has short, are
    /// longer by this, for a cut is to cost its own time and no attempt.
    /// </summary>
    public TimeSpan DataOutage { get; init; }

    /// <summary>How long one migration may take, whatever is broken in it.</summary>
    public TimeSpan SettleWithin { get; init; } = TimeSpan.FromMinutes(3);
}
