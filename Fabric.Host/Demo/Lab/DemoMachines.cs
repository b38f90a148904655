using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Configuration;
using Fabric.Host.Demo.Guest;
using Fabric.Host.Nodes;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Lab;

/// <summary>The demo's hypervisor and its guest: the embedded one needs nothing, QEMU needs its files.</summary>
internal static class DemoMachines
{
    /// <summary>The hypervisor, to look at and to kill machines with.</summary>
    public static IHypervisor Hypervisor(DemoOptions options, TimeProvider time) => options.Hypervisor switch
    {
        HypervisorKind.Embedded => Hypervisors.Embedded(note: null, time),
        HypervisorKind.Qemu => new QemuHypervisor(new QemuOptions { Binary = options.QemuBinary }, time),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Hypervisor, "not a hypervisor"),
    };

    /// <summary>The guest.</summary>
    /// <exception cref="DemoException">Its files are not there.</exception>
    public static VmSpec Spec(string name, DemoOptions options, HypervisorFacts facts)
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
        return GuestMachine.Spec(name, files, GuestMachine.MemoryKiB(options.MemoryBytes, facts));
    }
}
