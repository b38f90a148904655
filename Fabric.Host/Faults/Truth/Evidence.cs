using Fabric.Protocol;

namespace Fabric.Host.Faults.Truth;

/// <summary>All that was seen, from outside and in the journal, when the case is over.</summary>
/// <param name="Copies">Every process that held a copy.</param>
/// <param name="Migrations">In the order in which they were asked for; the first is the one that was broken.</param>
/// <param name="Leftovers">What is still there on hosts that do not own the guest, in words.</param>
public sealed record Evidence(
    IReadOnlyList<CopyRecord> Copies, IReadOnlyList<MigrationRecord> Migrations, IReadOnlyList<string> Leftovers)
{
    /// <summary>The VM's own stream in the journal.</summary>
    public IReadOnlyList<VmEvent> VmHistory { get; init; } = [];

    /// <summary>What was wrong with the journal's streams when they were read again, in words.</summary>
    public IReadOnlyList<string> JournalFaults { get; init; } = [];

    /// <summary>What was seen of the guest's disk; null when it has none.</summary>
    public DiskEvidence? Disk { get; init; }

    /// <summary>What a client saw of the guest's address; null when it has none.</summary>
    public AddressEvidence? Address { get; init; }

    /// <summary>Connections between the nodes over which something was sent; null where nobody looked.</summary>
    public int? Connections { get; init; } = 0;

    /// <summary>Those of them that did not begin with TLS.</summary>
    public int PlainConnections { get; init; }
}
