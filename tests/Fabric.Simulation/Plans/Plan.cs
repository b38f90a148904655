using System.Globalization;
using Fabric.Protocol;
using Fabric.Simulation.Pages;

namespace Fabric.Simulation.Plans;

/// <summary>A VM is to be moved to the n-th host after its owner.</summary>
public sealed record Move(int Vm, long AfterMs, int Hops);

/// <summary>Everything that a run is made of; drawn from one seed, or written out by an enumeration.</summary>
public sealed record Plan
{
    public required long Seed { get; init; }

    public int Hosts { get; init; } = 2;

    public int Vms { get; init; } = 1;

    /// <summary>One way of a message between coordinator and host, in microseconds.</summary>
    public (long Least, long Most) LinkUs { get; init; } = (200, 2_000);

    /// <summary>Of 1,000 messages on the node links, so many are lost, doubled or reordered, all the time.</summary>
    public int LostPerMille { get; init; }

    public int DoubledPerMille { get; init; }

    public int ReorderedPerMille { get; init; }

    /// <summary>A pre-copy round.</summary>
    public (long Least, long Most) RoundMs { get; init; } = (20, 200);

    public int RoundsMax { get; init; } = 3;

    public MigrationPolicy Policy { get; init; } = new();

    public IReadOnlyList<Move> Moves { get; init; } = [new Move(0, 10, 1)];

    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>The n-th frame of each data link is cut in its middle, and its connection with it; 0: none.</summary>
    public int LinkCutAtFrame { get; init; }

    /// <summary>Guests' memory and page stores; null: a transfer is complete or it is not.</summary>
    public PagePlan? Pages { get; init; }

    /// <summary>One bit for each VM: it has a local disk.</summary>
    public int LocalDisks { get; init; } = 0b0000_0001;

    /// <summary>One bit for each VM: it has a network that moves with it.</summary>
    public int Networks { get; init; }

    /// <summary>A target whose process dies in pre-copy gets another, from what it holds.</summary>
    public bool Refills { get; init; } = true;

    /// <summary>After the faults: a retry of every VM must succeed.</summary>
    public bool Retries { get; init; } = true;

    /// <summary>What was drawn, a line each.</summary>
    public IEnumerable<string> Describe()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"seed {Seed}: {Hosts} hosts, {Vms} VMs");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"node links {LinkUs.Least}-{LinkUs.Most} us, of 1000: {LostPerMille} lost, {DoubledPerMille} doubled, " +
            $"{ReorderedPerMille} reordered; up to {RoundsMax} rounds of {RoundMs.Least}-{RoundMs.Most} ms; " +
            $"targets {(Refills ? "are refilled" : "hold nothing")}; local disks {LocalDisks:b8}, networks {Networks:b8}");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"policy: attempts {Policy.AttemptsMax}, return {Policy.HostReturnMs} ms, switchover " +
            $"{Policy.SwitchoverTimeoutMs} ms, fence {Policy.FenceWaitMs} ms, deadline {Policy.DeadlineMs} ms");
        if (Pages is { } pages)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"guests of {pages.Pages} pages; page stores for {pages.QuotaGuests} guests, {(pages.Keep ? "kept" : "not kept")}");
        }

        foreach (var move in Moves)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"move vm{move.Vm} by {move.Hops} hosts, {move.AfterMs} ms after it can");
        }

        for (var i = 0; i < Faults.Count; i++)
            yield return string.Create(CultureInfo.InvariantCulture, $"fault {i + 1}: {Faults[i]}");
    }
}
