using Fabric.Host.Faults.Lab;
using Fabric.Host.Impair;

namespace Fabric.Host.Demo.Sites;

/// <summary>What the demo between two sites is made of.</summary>
internal sealed record SitesOptions
{
    /// <summary>Guest, hypervisor, and how long things may take.</summary>
    public required LabOptions Lab { get; init; }

    /// <summary>The lab to use when it is up; else one is made, and taken away at the end.</summary>
    public string Name { get; init; } = "lab";

    /// <summary>The WAN between the sites.</summary>
    public required ImpairSettings Wan { get; init; }

    /// <summary>The guest has a disk of its host's, and writes to it.</summary>
    public bool Disk { get; init; } = true;

    /// <summary>The guest has an address that moves with it, and a client downloads from it.</summary>
    public bool Network { get; init; } = true;

    /// <summary>What the guest sees of its disk.</summary>
    public long DiskBytes { get; init; } = 512L << 20;

    /// <summary>What lies on the disk beside the writer's blocks, and is copied once.</summary>
    public long DiskFillBytes { get; init; } = 64L << 20;

    /// <summary>What of the disk the guest's writer goes round in.</summary>
    public int WriterMiB { get; init; } = 64;

    /// <summary>What the guest writes.</summary>
    public int WriterKiBPerSecond { get; init; } = 2048;

    /// <summary>What the client downloads.</summary>
    public int DownloadKiBPerSecond { get; init; } = 256;
}
