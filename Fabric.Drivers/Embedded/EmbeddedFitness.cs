using Fabric.Protocol;

namespace Fabric.Drivers.Embedded;

/// <summary>What keeps the embedded hypervisor from running a machine.</summary>
internal static class EmbeddedFitness
{
    private const long PageKiB = Limits.Guest.PageSize / 1024;

    /// <summary>All reasons; empty when it fits.</summary>
    public static IReadOnlyList<Unfitness> Check(VmSpec spec)
    {
        var found = spec.Faults().Select(fault => new Unfitness(FailureReason.SpecInvalid, fault)).ToList();
        void Require(bool isSo, string detail)
        {
            if (!isSo)
                found.Add(new Unfitness(FailureReason.HypervisorUnfit, detail));
        }

        Require(spec.Program is not null, "the embedded hypervisor runs programs of its own, and none is named");
        Require(
            string.Equals(spec.Machine, VmSpec.EmbeddedMachine, StringComparison.Ordinal),
            $"the embedded hypervisor has the machine type '{VmSpec.EmbeddedMachine}' only, not '{Names.Shown(spec.Machine)}'");
        Require(spec.Kernel is null && spec.Devices.Count == 0, "the embedded hypervisor takes no kernel and no devices");
        Require(spec.Disks.Count == 0, "the embedded hypervisor has no disks: use QEMU for this VM");
        Require(spec.Vcpus == 1, $"the embedded hypervisor has one vCPU, not {spec.Vcpus}");
        Require(spec.MemoryKiB % PageKiB == 0, $"memory of {spec.MemoryKiB} KiB is not whole pages of {PageKiB} KiB");
        return found;
    }
}
