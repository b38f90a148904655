namespace Fabric.Drivers.Disks;

/// <summary>Where this host keeps images, and with which program it looks at them.</summary>
public sealed record DiskOptions
{
    /// <summary>Directory of local images; null where this host takes none.</summary>
    public string? LocalDirectory { get; init; }

    /// <summary>Directory of shared images; null where this host takes none.</summary>
    public string? SharedDirectory { get; init; }

    /// <summary>Further directories in which images under an image may be (read only, common to many VMs).</summary>
    public IReadOnlyList<string> BackingDirectories { get; init; } = [];

    /// <summary>The program: an absolute path, or a name to find in PATH.</summary>
    public string QemuImg { get; init; } = "qemu-img";
}
