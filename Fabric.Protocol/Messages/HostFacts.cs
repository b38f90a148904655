namespace Fabric.Protocol;

/// <summary>What a host says of itself when it connects, and when it changes.</summary>
/// <param name="Hypervisor">Such as <c>qemu 7.2.22 (tcg)</c>; null when it is missing or does not answer.</param>
/// <param name="Problem">What is wrong with the hypervisor, if anything.</param>
/// <param name="MemoryBytes">What guests may use.</param>
/// <param name="MemoryFreeBytes">What of it is not promised.</param>
/// <param name="Data">Where it takes data links.</param>
public sealed record HostFacts(
    string? Hypervisor, string? Problem, long MemoryBytes, long MemoryFreeBytes, DataEndpoint Data)
{
    /// <summary>Images of disks that no guest there owns; null when there are none.</summary>
    public IReadOnlyList<DiskLeftover>? Leftovers { get; init; }

    /// <summary>What came to its VMs by way of where they had been; null when nothing is known.</summary>
    public IReadOnlyList<NetworkDetour>? Detours { get; init; }

    /// <summary>Where the overlays and tunnels of other hosts reach it; null when it has no such address.</summary>
    public HostAddress? Underlay { get; init; }
}

/// <summary>What happened to a host. In the journal.</summary>
public abstract record HostEvent;

/// <summary>It connected for the first time.</summary>
public sealed record HostJoined(HostId Host, DateTimeOffset At) : HostEvent;
