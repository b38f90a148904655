namespace Fabric.Host.Bench.Sites;

/// <summary>One move of the guest with its disk from site to site.</summary>
public sealed record SiteMove
{
    /// <summary>How.</summary>
    public required SiteWay Way { get; init; }

    /// <summary>What was broken on the way; null for nothing.</summary>
    public string? Broke { get; init; }

    /// <summary>From the host.</summary>
    public required string From { get; init; }

    /// <summary>To the host.</summary>
    public required string To { get; init; }

    /// <summary>All that the WAN carried, both ways, heads of Ethernet, IP and TCP included.</summary>
    public required long WanBytes { get; init; }

    /// <summary>In so many frames.</summary>
    public required long WanFrames { get; init; }

    /// <summary>What the source's image took on its file system when it was left.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Bytes of the disk's data link, both ways, as the source's agent counts them; null where none does.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>
    /// The same of the memory's: what page work left of it. QEMU alone: what it says that it sent of the memory.
    /// </summary>
    public long? MemoryBytes { get; init; }

    /// <summary>From the order until it was over.</summary>
    public required double TotalMs { get; init; }

    /// <summary>The longest time in which a client's download got nothing.</summary>
    public required double BlackoutMs { get; init; }

    /// <summary>The same before the move.</summary>
    public required double UsualGapMs { get; init; }

    /// <summary>From the source's last instruction to the target's first, by the hypervisors' clocks.</summary>
    public double? PausedMs { get; init; }

    /// <summary>As the coordinator, or QEMU, reports it.</summary>
    public required double DowntimeMs { get; init; }

    /// <summary>1 when it went through at once.</summary>
    public required int Attempts { get; init; }

    /// <summary>It arrived, the download went on with each byte in its place, and the guest found nothing wrong.</summary>
    public required bool Clean { get; init; }
}
