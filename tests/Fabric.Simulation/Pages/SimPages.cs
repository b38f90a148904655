using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.World;
using Fabric.Testing.Scenarios;
using Fabric.Transport.Pages.Work;

namespace Fabric.Simulation.Pages;

/// <summary>
/// The memory of every guest in a run, and what carries it over: the product's own page work and page stores, from the
/// source's stream to the target's, over modelled disks (<see cref="SimStoreDisk"/>). Modelled are QEMU, which sends
/// every page once and then those that were written, and the disk; the link between is whole or cut, at any byte.
/// <list type="bullet">
/// <item>P1: a guest that is granted has, in each page, what its source had last.</item>
/// <item>P2: what is in a store costs no attempt: what is of no use is sent again.</item>
/// <item>P3: a page that a store was given, and that nothing happened to, is not sent again.</item>
/// <item>P4: a store gives out the pages of its own VM only.</item>
/// <item>P5: a host's stores keep within their quota; without `keep` none is left when its VM runs.</item>
/// </list>
/// </summary>
internal sealed class SimPages(SimWorld world, PagePlan plan, Chance chance)
{
    private readonly Dictionary<ModelMachine, GuestMemory> _memories = [];
    private readonly Dictionary<ModelMachine, byte[][]> _expected = [];
    private readonly Dictionary<ModelTransfer, SimPageWork> _works = [];

    public PagePlan Plan => plan;

    public Chance Chance => chance;

    public StoreBug Bug => world.Plant?.StoreBug ?? StoreBug.None;

    public SimWorld World => world;

    /// <summary>What sources remember of their last attempt: only for planted bugs.</summary>
    public Dictionary<ModelMachine, LastAttempt> LastAttempts { get; } = [];

    public SimPageWork Begin(ModelTransfer transfer) =>
        _works[transfer] = new SimPageWork(this, transfer, world.HostOf(transfer.Source.Host), world.HostOf(transfer.Target.Host));

    /// <summary>The guest of that process as it is now.</summary>
    public GuestMemory MemoryOf(ModelMachine machine)
    {
        if (!_memories.TryGetValue(machine, out var memory))
            _memories[machine] = memory = GuestMemory.Booted(machine.Vm.Value, plan.Pages, 0);
        memory.WorkUpTo(machine.Memory);
        return memory;
    }

    /// <summary>A target holds a guest, and this is what its source holds.</summary>
    public void Loaded(ModelMachine target, byte[][] pages, GuestMemory source)
    {
        _expected[target] = [.. source.Pages];
        _memories[target] = GuestMemory.Loaded(target.Vm.Value, pages, target.Memory);
    }

    /// <summary>A host's agent lets a copy run.</summary>
    public void Granted(SimHost host, ModelMachine machine)
    {
        if (_expected.Remove(machine, out var expected))
            Compare(machine, expected);
        if (machine.Transfer is { } transfer && transfer.Target == machine && _works.TryGetValue(transfer, out var work))
            work.Granted(host.Agent!);
    }

    private void Compare(ModelMachine machine, byte[][] expected)
    {
        var pages = _memories[machine].Pages;
        for (var page = 0; page < expected.Length; page++)
        {
            if (!ReferenceEquals(pages[page], expected[page]) && !pages[page].AsSpan().SequenceEqual(expected[page]))
                throw new RuleBrokenException(
                    $"rule P1: {machine.Vm} is granted at {machine.Host}, and page {page} is not what its source had last");
        }
    }
}

/// <summary>What a wrong source remembers.</summary>
/// <param name="Sent">The contents that it sent.</param>
/// <param name="Table">What it believes the target to hold.</param>
internal sealed record LastAttempt(byte[]?[] Sent, PageHash[] Table);
