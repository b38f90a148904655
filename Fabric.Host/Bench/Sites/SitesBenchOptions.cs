using Fabric.Host.Configuration;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Impair;

namespace Fabric.Host.Bench.Sites;

/// <summary>What <c>fabric bench sites</c> moves, over which WAN, and how often.</summary>
public sealed record SitesBenchOptions
{
    // Little is written to its memory: what is looked at here is the disk and the network. Its text packs well.
    private const string Dirtier = "d.ws=16 d.rate=200 d.mode=sparse d.fill=32 d.fillmode=text d.hb=50";

    /// <summary>The WAN between the sites.</summary>
    public ImpairSettings Wan { get; init; } = new(Delay: TimeSpan.FromMilliseconds(25), BytesPerSecond: 200_000_000 / 8);

    /// <summary>The parts; empty is all.</summary>
    public IReadOnlyList<SitesPart> Parts { get; init; } = [];

    /// <summary>Undisturbed moves of each way, and moves within a site of each kind of network.</summary>
    public int Runs { get; init; } = 10;

    /// <summary>Of them, those by QEMU alone: each takes three times as long.</summary>
    public int QemuRuns => (Runs + 1) / 2;

    /// <summary>Broken moves of each kind, by the fabric: half a minute each is the cut alone.</summary>
    public int BrokenRuns { get; init; } = 3;

    /// <summary>How long the WAN is cut.</summary>
    public TimeSpan Cut { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The guest's memory.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>What the guest sees of its disk.</summary>
    public long DiskBytes { get; init; } = 2L << 30;

    /// <summary>
    /// What lies on the disk, random so that nothing packs it, beside what the guest writes: over 200 Mbit/s a full disk
    /// would take 90 s a move, and twenty moves half an hour.
    /// </summary>
    public long FillBytes { get; init; } = 512L << 20;

    /// <summary>What of the disk the guest's writer goes round in.</summary>
    public int WriterMiB { get; init; } = 16;

    /// <summary>What it writes: 2 MB/s.</summary>
    public int WriterKiBPerSecond { get; init; } = 1953;

    /// <summary>Leaves the lab as it is at the end.</summary>
    public bool Keep { get; init; }

    /// <summary>The QEMU program.</summary>
    public string QemuBinary { get; init; } = "qemu-system-x86_64";

    /// <summary>Folder with the guest's vmlinux and initrd.cpio; null looks for artifacts/guest.</summary>
    public string? GuestDirectory { get; init; }

    /// <summary>Whether a part is wanted.</summary>
    public bool Has(SitesPart part) => Parts.Count == 0 || Parts.Contains(part);

    /// <summary>The lab and the guest, in the demo's words.</summary>
    internal SitesOptions Lab() => new()
    {
        // A lab of its own: what is measured is not to be somebody else's.
        Name = "",
        Wan = Wan,
        DiskBytes = DiskBytes,
        DiskFillBytes = FillBytes,
        WriterMiB = WriterMiB,
        WriterKiBPerSecond = WriterKiBPerSecond,
        Lab = new LabOptions
        {
            Hypervisor = HypervisorKind.Qemu,
            QemuBinary = QemuBinary,
            GuestDirectory = GuestDirectory,
            MemoryBytes = MemoryBytes,
            Dirtier = Dirtier,
            Keep = Keep,
            SettleWithin = TimeSpan.FromMinutes(5) + Cut,
        },
    };
}
