using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// The local disks of a scenario's VMs: whose image on which host holds what the guest had written by which of its steps.
/// A guest that runs writes with each step; the last round of a copy brings the target's image to where the paused guest is.
/// Rule D1: a guest that runs finds on its disk what it has written, no more and no less. Rule D2: an owner's disk stays.
/// </summary>
public sealed class ModelDisks
{
    private readonly Dictionary<(HostId Host, VmId Vm), long> _images = [];
    private readonly HashSet<VmId> _with = [];

    /// <summary>The VM has a local disk, which is on that host.</summary>
    public void Give(VmId vm, HostId host)
    {
        _with.Add(vm);
        _images[(host, vm)] = 0;
    }

    /// <summary>As it stands in a specification.</summary>
    public IReadOnlyList<DiskSpec> SpecOf(VmId vm) =>
        _with.Contains(vm) ? [new DiskSpec { Id = DiskId.Of("root"), File = $"{vm}.raw", Format = DiskFormat.Raw }] : [];

    /// <summary>Which images of the VM there are.</summary>
    public bool IsAt(HostId host, VmId vm) => _images.ContainsKey((host, vm));

    /// <summary>An image for a VM that comes; one that an earlier attempt left is gone on with.</summary>
    public void Make(HostId host, VmId vm)
    {
        if (_with.Contains(vm))
            _images.TryAdd((host, vm), -1);
    }

    /// <summary>The guest wrote.</summary>
    public void Written(ModelMachine machine)
    {
        if (_with.Contains(machine.Vm))
            _images[(machine.Host, machine.Vm)] = machine.Memory;
    }

    /// <summary>The last round: the guest is paused, and what is left of its disk is copied.</summary>
    public void Finish(ModelMachine source, HostId target)
    {
        if (_images.ContainsKey((target, source.Vm)))
            _images[(target, source.Vm)] = source.Memory;
    }

    /// <summary>An image is removed; never the owner's.</summary>
    public void Remove(HostId host, VmId vm, HostId? owner)
    {
        if (owner == host && _images.ContainsKey((host, vm)))
            throw new RuleBrokenException($"rule D2: {host} removes the disk of {vm}, which it owns");
        _images.Remove((host, vm));
    }

    /// <summary>A guest that runs finds on its disk what it has written.</summary>
    public void MustBeWhole(ModelMachine machine)
    {
        if (!_with.Contains(machine.Vm))
            return;
        if (!_images.TryGetValue((machine.Host, machine.Vm), out var written))
            throw new RuleBrokenException($"rule D1: {machine.Vm} runs at {machine.Host}, where its disk is not");
        if (written != machine.Memory)
        {
            throw new RuleBrokenException(
                $"rule D1: {machine.Vm}'s disk at {machine.Host} is of step {written}, and its memory of {machine.Memory}");
        }
    }
}
