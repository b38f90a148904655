namespace Fabric.Protocol;

/// <summary>
/// What a virtual machine is made of. The same on source and target; the target starts its QEMU from this and the
/// guest's state comes over the link.
/// </summary>
public sealed record VmSpec
{
    /// <summary>The one machine type of the embedded hypervisor.</summary>
    public const string EmbeddedMachine = "fabric-1";

    /// <summary>The machine type when none is named.</summary>
    public const string QemuMachine = "pc-q35-7.2";

    /// <summary>The VM's name.</summary>
    public required VmId Id { get; init; }

    /// <summary>
    /// Guest memory in KiB. QEMU 7.2 without KVM loses dirty pages when this is a multiple of 256 KiB, so the
    /// customary size there is MiB x 1024 + 64.
    /// </summary>
    public required long MemoryKiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public int Vcpus { get; init; } = 1;

    /// <summary>Versioned machine type: source and target must offer the same one.</summary>
    public string Machine { get; init; } = QemuMachine;

    /// <summary>Absolute path of the kernel, or null to boot from firmware.</summary>
    public string? Kernel { get; init; }

    /// <summary>Absolute path of the initial RAM disk.</summary>
    public string? Initrd { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string? Append { get; init; }

    /// <summary>What an embedded guest runs, such as <c>oltp,seed=7</c>; null on QEMU.</summary>
    public string? Program { get; init; }

    /// <summary>Further devices, each one QEMU <c>-device</c> argument, such as <c>virtio-balloon-pci</c>.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Its disks, in the order in which the guest sees them.</summary>
    public IReadOnlyList<DiskSpec> Disks { get; init; } = [];

    /// <summary>Its network where the fabric moves the address with the VM; null where it does not.</summary>
    public NetworkSpec? Network { get; init; }

    /// <summary>The disks that are copied when it moves.</summary>
    public IEnumerable<DiskSpec> LocalDisks() => Disks.Where(d => d.Place == DiskPlace.Local);

    /// <summary>Guest memory in bytes.</summary>
    public long MemoryBytes() => MemoryKiB * 1024;

    /// <summary>Whether two specifications describe the same machine, device for device.</summary>
    public bool SameAs(VmSpec other) =>
        Plain(this) == Plain(other)
            && Devices.SequenceEqual(other.Devices, StringComparer.Ordinal)
            && Disks.SequenceEqual(other.Disks)
            && (Network is null ? other.Network is null : other.Network is { } network && Network.SameAs(network));

    // Lists are equal when they are the same object, which says nothing.
    private static VmSpec Plain(VmSpec spec) => spec with { Devices = [], Disks = [], Network = null };

    /// <summary>What is wrong with the specification by itself, in words; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (Id.Value.Length > Limits.Migration.VmNameLengthMax)
            faults.Add($"the name is longer than {Limits.Migration.VmNameLengthMax} characters");
        if (MemoryKiB is < Limits.Vm.MemoryKiBMin or > Limits.Vm.MemoryKiBMax)
            faults.Add($"memory {MemoryKiB} KiB is outside {Limits.Vm.MemoryKiBMin} to {Limits.Vm.MemoryKiBMax} KiB");
        if (Vcpus is < 1 or > Limits.Vm.VcpusMax)
            faults.Add($"{Vcpus} vCPUs are outside 1 to {Limits.Vm.VcpusMax}");
        if (!IsArgument(Machine) || Machine.Contains(',', StringComparison.Ordinal))
            faults.Add($"machine '{Names.Shown(Machine)}' is not a machine type");
        foreach (var (what, path) in new[] { ("kernel", Kernel), ("initrd", Initrd) })
        {
            if (path is not null && (!path.StartsWith('/') || !IsArgument(path)))
                faults.Add($"{what} '{Names.Shown(path)}' is not an absolute path");
        }

        if (Append is { } append && (append.Length > Limits.Vm.AppendLengthMax || append.Any(char.IsControl)))
            faults.Add(
                $"the kernel command line is over {Limits.Vm.AppendLengthMax} characters or holds control characters");
        if ((Initrd ?? Append) is not null && Kernel is null)
            faults.Add("an initrd or a kernel command line needs a kernel");
        if (Program is not null && !GuestProgramSpec.TryRead(Program, out _))
            faults.Add($"program '{Names.Shown(Program)}' is not one of {string.Join(", ", GuestProgramSpec.All)}, with or without ',seed=N'");
        if (Devices.Count > Limits.Vm.DevicesMax)
            faults.Add($"{Devices.Count} devices are more than {Limits.Vm.DevicesMax}");
        faults.AddRange(
            Devices.Where(d => !IsArgument(d)).Select(d => $"device '{Names.Shown(d)}' is not a device argument"));
        if (Disks.Count > Limits.Disks.PerVmMax)
            faults.Add($"{Disks.Count} disks are more than {Limits.Disks.PerVmMax}");
        faults.AddRange(Disks.SelectMany(static disk => disk.Faults()));
        faults.AddRange(Disks.GroupBy(static d => d.Id).Where(static g => g.Count() > 1)
            .Select(static g => $"disk {g.Key} is there twice"));
        faults.AddRange(Disks.GroupBy(static d => (d.Place, d.File)).Where(static g => g.Count() > 1)
            .Select(static g => $"disks {string.Join(" and ", g.Select(d => d.Id))} are one file, '{Names.Shown(g.Key.File)}'"));
        faults.AddRange(Network?.Faults().Select(static fault => $"network: {fault}") ?? []);
        return faults;
    }

    private static bool IsArgument(string text) =>
        text.Length is > 0 and <= Limits.Vm.ArgumentLengthMax && text[0] != '-' && !text.Any(char.IsControl);
}
