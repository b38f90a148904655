using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>What a host's agent is given.</summary>
public sealed record AgentOptions
{
    /// <summary>This host.</summary>
    public required HostId Host { get; init; }

    /// <summary>Absolute path under which each copy has its directory.</summary>
    public required string MachinesDirectory { get; init; }

    /// <summary>Where sources are told to connect.</summary>
    public required DataEndpoint Advertised { get; init; }

    /// <summary>What guests may use in all; 0 is what the machine has.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Directory of the disks that are copied; null: this host takes none.</summary>
    public string? LocalDisks { get; init; }

    /// <summary>Directory of the disks that several hosts see; null: this host takes none.</summary>
    public string? SharedDisks { get; init; }

    /// <summary>Migrations at the same time, both directions.</summary>
    public int MigrationsMax { get; init; } = 4;

    /// <summary>The disks that this host has no directory for, in words.</summary>
    public IEnumerable<string> HomelessDisks(VmSpec spec)
    {
        foreach (var disk in spec.Disks)
        {
            var (directory, key) = disk.Place == DiskPlace.Shared
                ? (SharedDisks, "host.disks.shared")
                : (LocalDisks, "host.disks.local");
            if (directory is null)
                yield return $"disk {disk.Id} of {spec.Id} needs {key}, which {Host} does not have";
        }
    }
}
