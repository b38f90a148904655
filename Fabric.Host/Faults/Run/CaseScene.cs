using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>A lab that is up, the guest that a case is about, and what it is looked at with.</summary>
internal sealed class CaseScene : IAsyncDisposable
{
    /// <summary>Begins to watch.</summary>
    /// <param name="lab">Where; it stays.</param>
    /// <param name="options">What the lab and the guest are made of.</param>
    /// <param name="spec">The guest.</param>
    /// <param name="version">The hypervisor's, for reports.</param>
    /// <param name="time">For waits.</param>
    public CaseScene(ICaseLab lab, LabOptions options, VmSpec spec, string version, TimeProvider time)
    {
        (Lab, Options, Spec, Version) = (lab, options, spec, version);
        Fabric = lab.Operator();
        Watch = new MachineWatch(
            lab.HostNames.ToDictionary(h => h, h => lab.CopiesOf(h, spec.Id), StringComparer.Ordinal), time,
            spec.Disks.Count > 0 ? [.. lab.HostNames.Select(lab.DisksOf)] : []);
    }

    /// <summary>Where.</summary>
    public ICaseLab Lab { get; }

    /// <summary>What it is made of.</summary>
    public LabOptions Options { get; }

    /// <summary>The guest.</summary>
    public VmSpec Spec { get; }

    /// <summary>The hypervisor's, and how it runs guests.</summary>
    public string Version { get; }

    /// <summary>Asks the coordinator.</summary>
    public FabricOperator Fabric { get; }

    /// <summary>Every copy of the guest.</summary>
    public MachineWatch Watch { get; }

    /// <summary>The guest's disk, where it is made and checked by the case; null where it is not.</summary>
    public CaseDisk? Disk { get; init; }

    /// <summary>Who else looks on.</summary>
    public ICaseWitness Witness { get; set; } = new NoWitness();

    /// <summary>Whose leftovers count: in a lab that others use too, only the guest's own; null is all.</summary>
    public VmId? LeftoversOf { get; init; }

    /// <summary>Stops to watch; guest and lab stay as they are.</summary>
    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        Fabric.Dispose();
    }
}
