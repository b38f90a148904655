using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Guest;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Lab;

/// <summary>The lab's hypervisor and its guest.</summary>
internal static class LabMachines
{
    /// <summary>The hypervisor, to look at and to kill machines with.</summary>
    /// <exception cref="LabException">This program does not have it.</exception>
    public static IHypervisor Hypervisor(LabOptions options, TimeProvider time) => options.Hypervisor switch
    {
        HypervisorKind.Qemu => new QemuHypervisor(new QemuOptions { Binary = options.QemuBinary }, time),
        HypervisorKind.Embedded => throw new LabException(
            "The embedded hypervisor is not part of this program: use --hypervisor qemu."),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Hypervisor, "not a hypervisor"),
    };

    /// <summary>The guest.</summary>
    /// <exception cref="LabException">Its files are not there.</exception>
    public static VmSpec Spec(string name, LabOptions options, HypervisorFacts facts)
    {
        var files = GuestFiles.Find(options.GuestDirectory, Environment.GetEnvironmentVariable("FABRIC_HOME"));
        return GuestMachine.Spec(name, files, GuestMachine.MemoryKiB(options.MemoryBytes, facts));
    }
}
