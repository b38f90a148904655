using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Drivers.Embedded;
using Fabric.Drivers.Qemu;
using Fabric.Host.Cli;
using Fabric.Host.Configuration;

namespace Fabric.Host.Nodes;

/// <summary>Makes the hypervisor that a host's settings name.</summary>
internal static class Hypervisors
{
    /// <summary>That of a host.</summary>
    public static IHypervisor Of(
        HostSettings host, IDiskImages? disks, Action<string> note, TimeProvider time) => host.Hypervisor switch
        {
            HypervisorKind.Embedded => Embedded(note, time),
            HypervisorKind.Qemu => Qemu(host.Qemu, disks, note, time),
            _ => throw new ArgumentOutOfRangeException(nameof(host), host.Hypervisor, "not a hypervisor"),
        };

    /// <summary>The one that comes with this program.</summary>
    public static EmbeddedHypervisor Embedded(Action<string>? note, TimeProvider time) =>
        new(new EmbeddedOptions { Command = OwnProgram.Command(GuestVerb.Name), Note = note }, time);

    private static QemuHypervisor Qemu(
        QemuSettings qemu, IDiskImages? disks, Action<string> note, TimeProvider time) => new(
        new QemuOptions
        {
            Binary = qemu.Binary,
            FirmwareDirs = qemu.FirmwareDirectories,
            Accelerator = qemu.Accelerator switch
            {
                Configuration.QemuAccelerator.Auto => Drivers.Qemu.QemuAccelerator.Auto,
                Configuration.QemuAccelerator.Kvm => Drivers.Qemu.QemuAccelerator.Kvm,
                Configuration.QemuAccelerator.Tcg => Drivers.Qemu.QemuAccelerator.Tcg,
                _ => throw new ArgumentOutOfRangeException(nameof(qemu), qemu.Accelerator, "not an accelerator"),
            },
            DiskPath = disks is null ? null : disks.PathOf,
            Note = note,
        },
        time);
}
