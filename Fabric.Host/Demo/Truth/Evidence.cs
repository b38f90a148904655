namespace Fabric.Host.Demo.Truth;

/// <summary>All that was seen, from outside and in the journal, when the demo is over.</summary>
/// <param name="Copies">Every process that held a copy.</param>
/// <param name="Migrations">In the order in which they were asked for; the first is the one that was broken.</param>
/// <param name="Leftovers">What is still there on hosts that do not own the guest, in words.</param>
public sealed record Evidence(
    IReadOnlyList<CopyRecord> Copies, IReadOnlyList<MigrationRecord> Migrations, IReadOnlyList<string> Leftovers);
