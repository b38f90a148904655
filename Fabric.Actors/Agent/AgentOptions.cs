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

    /// <summary>Migrations at the same time, both directions.</summary>
    public int MigrationsMax { get; init; } = 4;
}
