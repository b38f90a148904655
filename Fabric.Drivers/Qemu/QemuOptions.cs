namespace Fabric.Drivers.Qemu;

/// <summary>What QEMU executes guest code with.</summary>
public enum QemuAccelerator
{
    /// <summary>KVM where /dev/kvm can be opened, else TCG.</summary>
    Auto = 1,

    /// <summary>The processor.</summary>
    Kvm,

    /// <summary>Translation: works everywhere, slowly.</summary>
    Tcg,
}

/// <summary>Which QEMU, and how it is used.</summary>
public sealed record QemuOptions
{
    /// <summary>The program: an absolute path, or a name to find in PATH.</summary>
    public string Binary { get; init; } = "qemu-system-x86_64";

    /// <summary>Directories with firmware, for a QEMU that is not installed where it was built for.</summary>
    public IReadOnlyList<string> FirmwareDirs { get; init; } = [];

    /// <summary>What to execute guests with.</summary>
    public QemuAccelerator Accelerator { get; init; } = QemuAccelerator.Auto;

    /// <summary>
    /// Device models that a specification may name. A specification comes from users, and some models reach into the
    /// host: <c>loader</c> reads any file into the guest, <c>vfio-pci</c> takes a host device.
    /// </summary>
    public IReadOnlySet<string> DeviceModels { get; init; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "virtio-net-pci", "virtio-balloon-pci", "virtio-rng-pci", "e1000", "e1000e", "pvpanic", "pvpanic-pci",
        "i6300esb", "pcie-root-port", "qemu-xhci", "usb-tablet", "usb-kbd", "VGA",
    };

    /// <summary>Where the image of a disk is on this host; null where disks are not offered.</summary>
    public Func<Protocol.DiskSpec, string>? DiskPath { get; init; }

    /// <summary>For answers of the monitors.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMilliseconds(Protocol.Limits.Qemu.CommandTimeoutMs);

    /// <summary>Told of what was ignored or worked around; for a log.</summary>
    public Action<string>? Note { get; init; }

    internal Qmp.QmpOptions Monitors => new() { CommandTimeout = CommandTimeout, Note = Note };
}
