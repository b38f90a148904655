using System.Text.Json.Serialization;
using Fabric.Protocol;

namespace Fabric.Host.Api.Contracts;

/// <summary>POST /api/v1/vms: a VM to define, stopped. What is left out has its default.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CreateVmRequest
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The host that owns it.</summary>
    public required string Host { get; init; }

    /// <summary>Guest memory in KiB.</summary>
    public required long MemoryKiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public int? Vcpus { get; init; }

    /// <summary>Versioned machine type.</summary>
    public string? Machine { get; init; }

    /// <summary>Absolute path of the kernel.</summary>
    public string? Kernel { get; init; }

    /// <summary>Absolute path of the initial RAM disk.</summary>
    public string? Initrd { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string? Append { get; init; }

    /// <summary>What a guest of the embedded hypervisor runs, such as <c>oltp,seed=7</c>.</summary>
    public string? Program { get; init; }

    /// <summary>Further devices, each one QEMU -device argument.</summary>
    public IReadOnlyList<string>? Devices { get; init; }

    /// <summary>Its disks, in the order in which the guest sees them.</summary>
    public IReadOnlyList<DiskRequest>? Disks { get; init; }

    /// <summary>Its network, where the fabric moves its address with it.</summary>
    public NetworkRequest? Network { get; init; }
}

/// <summary>POST /api/v1/vms/{vm}/stop.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record StopVmRequest
{
    /// <summary>At once, without asking the guest.</summary>
    public bool Force { get; init; }
}

/// <summary>POST /api/v1/vms/{vm}/migrations.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MigrateRequest
{
    /// <summary>The host to move to.</summary>
    public required string Target { get; init; }

    /// <summary>What differs from the coordinator's defaults.</summary>
    public PolicyRequest? Policy { get; init; }

    /// <summary>The addresses that the VM's name in DNS is to lead to at the target; for a network of kind tunnel with dns.</summary>
    public IReadOnlyList<string>? NamedAddresses { get; init; }
}

/// <summary>What differs from the coordinator's defaults; times in milliseconds, bandwidth in bytes a second.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PolicyRequest
{
    /// <summary>How often the whole of it is tried.</summary>
    public int? AttemptsMax { get; init; }

    /// <summary>From the request to the commit.</summary>
    public long? DeadlineMs { get; init; }

    /// <summary>A pause that counts as short enough.</summary>
    public int? DowntimeLimitMs { get; init; }

    /// <summary>0 is unlimited.</summary>
    public long? BandwidthMax { get; init; }

    /// <summary>Where the rate begins; it then follows what the machine writes. 0: at the maximum.</summary>
    public long? BandwidthMin { get; init; }

    /// <summary>What is done about a machine that writes faster than the line carries.</summary>
    public ConvergencePolicy? Convergence { get; init; }

    /// <summary>Connections of the data link, 1 to 16; 0: as the source's host is configured.</summary>
    public int? Connections { get; init; }

    /// <summary>What the guest's writes to a disk that is copied are never held below, bytes a second; 0: never slowed.</summary>
    public long? DiskWritesMin { get; init; }

    /// <summary>How the last of local disks is copied.</summary>
    public DiskCopyMode? DiskCopy { get; init; }

    /// <summary>From the pause to the commit.</summary>
    public long? SwitchoverTimeoutMs { get; init; }

    /// <summary>How long a host may be away before the attempt goes on without it.</summary>
    public long? HostReturnMs { get; init; }

    /// <summary>How long a handed-off source waits for an unreachable target.</summary>
    public long? FenceWaitMs { get; init; }

    /// <summary>How soon an order without effect is repeated.</summary>
    public long? OrderRetryMs { get; init; }

    /// <summary>Wait before the second attempt; doubled for each further one.</summary>
    public long? AttemptBackOffMs { get; init; }
}

/// <summary>POST /api/v1/migrations/{id}/transfer: what is to be otherwise from now on.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TransferRequest
{
    /// <summary>Where the rate begins, bytes a second; 0: at the maximum.</summary>
    public long? BandwidthMin { get; init; }

    /// <summary>Bytes a second; 0 is unlimited.</summary>
    public long? BandwidthMax { get; init; }

    /// <summary>A pause that counts as short enough.</summary>
    public int? DowntimeLimitMs { get; init; }

    /// <summary>What is done about a machine that writes faster than the line carries.</summary>
    public ConvergencePolicy? Convergence { get; init; }

    /// <summary>Connections of the data link, 1 to 16; 0: as the source's host is configured.</summary>
    public int? Connections { get; init; }

    /// <summary>What the guest's writes to a disk that is copied are never held below, bytes a second; 0: never slowed.</summary>
    public long? DiskWritesMin { get; init; }
}

/// <summary>A body where nothing can be said: absent, or <c>{}</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record NothingRequest;
