using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Nodes;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Lab;

/// <summary>The lab's hypervisor and its guest: the embedded one needs nothing, QEMU needs its files.</summary>
internal static class LabMachines
{
    /// <summary>The hypervisor, to look at and to kill machines with.</summary>
    public static IHypervisor Hypervisor(LabOptions options, TimeProvider time) => options.Hypervisor switch
    {
        HypervisorKind.Embedded => Hypervisors.Embedded(note: null, time),
        HypervisorKind.Qemu => new QemuHypervisor(new QemuOptions { Binary = options.QemuBinary }, time),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Hypervisor, "not a hypervisor"),
    };

    /// <summary>The guest.</summary>
    /// <exception cref="LabException">Its files are not there.</exception>
    public static VmSpec Spec(string name, LabOptions options, HypervisorFacts facts)
    {
        if (options.Hypervisor == HypervisorKind.Embedded)
        {
            return new VmSpec
            {
                Id = VmId.Of(name),
                MemoryKiB = options.MemoryBytes / 1024,
                Machine = VmSpec.EmbeddedMachine,
                Program = options.Program,
            };
        }

        var files = GuestFiles.Find(options.GuestDirectory, Environment.GetEnvironmentVariable("FABRIC_HOME"));
        var memory = GuestMachine.MemoryKiB(options.MemoryBytes, facts);
        var append = options.HasDisk ? options.Dirtier + LabDisk.Append : options.Dirtier;
        var spec = GuestMachine.Spec(name, files, memory, append);
        return spec with { Disks = options.HasDisk ? [LabDisk.SpecOf(spec.Id)] : [] };
    }
}
