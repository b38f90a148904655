using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>What keeps a host's QEMU from running a machine.</summary>
internal static class QemuFitness
{
    // The version in which cpu_physical_memory_sync_dirty_bitmap() was seen to be right. Those between 7.2 and this
    // were not tried, so they count as wrong.
    private static readonly Version DirtyBitmapRight = new(10, 0);

    /// <summary>All reasons; empty when it fits.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="facts">The QEMU.</param>
    /// <param name="options">What this host allows.</param>
    /// <param name="unknownModels">Device models that the QEMU does not have.</param>
    public static IReadOnlyList<Unfitness> Check(
        VmSpec spec, HypervisorFacts facts, QemuOptions options, IReadOnlySet<string> unknownModels)
    {
        var found = spec.Faults().Select(fault => new Unfitness(FailureReason.SpecInvalid, fault)).ToList();
        if (spec.Program is not null)
        {
            found.Add(new Unfitness(
                FailureReason.HypervisorUnfit, $"the program '{Names.Shown(spec.Program)}' is for the embedded hypervisor"));
        }

        if (!facts.Machines.Contains(spec.Machine))
        {
            found.Add(new Unfitness(
                FailureReason.HypervisorUnfit,
                $"QEMU {facts.Version} offers no machine type '{Names.Shown(spec.Machine)}'"));
        }

        if (spec.Disks.Count > 0 && options.DiskPath is null)
        {
            found.Add(new Unfitness(
                FailureReason.HypervisorUnfit, "this host has no directories for disks: set host.disks"));
        }

        found.AddRange(spec.Devices.Select(d => DeviceFault(d, facts, options, unknownModels)).OfType<Unfitness>());
        found.AddRange(
            new[] { ("kernel", spec.Kernel), ("initrd", spec.Initrd) }.Select(FileFault).OfType<Unfitness>());
        if (LosesPages(spec, facts))
        {
            found.Add(new Unfitness(
                FailureReason.MemorySizeCorrupts,
                $"QEMU {facts.Version} without KVM loses dirty pages in a migration when memory is a multiple of " +
                $"{Limits.Qemu.CorruptingMemoryKiB} KiB, as {spec.MemoryKiB} KiB is; " +
                $"{spec.MemoryKiB + 64} KiB is safe"));
        }

        return found;
    }

    /// <summary>
    /// Whether a migration would corrupt this guest: that QEMU clears dirty bits a whole word (64 pages) at a time
    /// without telling TCG, whose later stores to those pages are then not noted. A block that does not end on a
    /// word takes the slow path, which is right.
    /// </summary>
    public static bool LosesPages(VmSpec spec, HypervisorFacts facts) =>
        facts.Version < DirtyBitmapRight && !QemuCommandLine.IsKvm(facts)
        && spec.MemoryKiB % Limits.Qemu.CorruptingMemoryKiB == 0;

    private static Unfitness? DeviceFault(
        string device, HypervisorFacts facts, QemuOptions options, IReadOnlySet<string> unknownModels)
    {
        var model = QemuCommandLine.ModelOf(device);
        if (!options.DeviceModels.Contains(model))
            return new Unfitness(
                FailureReason.HypervisorUnfit, $"device '{Names.Shown(model)}' is not allowed on this host");
        if (QemuCommandLine.ReachesIntoHost(device))
        {
            return new Unfitness(
                FailureReason.HypervisorUnfit,
                $"device '{Names.Shown(device)}' names another model or a file of the host");
        }

        return unknownModels.Contains(model)
            ? new Unfitness(
                FailureReason.HypervisorUnfit, $"QEMU {facts.Version} does not know the device '{Names.Shown(model)}'")
            : null;
    }

    private static Unfitness? FileFault((string What, string? Path) file)
    {
        if (file.Path is null)
            return null;
        try
        {
            // A specification comes from users, and the agent can read more than they may: only what everybody on this
            // host may read goes into a guest. A pipe would hold the open for ever.
            var path = File.ResolveLinkTarget(file.Path, returnFinalTarget: true)?.FullName ?? file.Path;
            if (FileFacts.Of(path) is { } facts && !facts.IsPublicFile)
            {
                return new Unfitness(
                    FailureReason.ImageMissing,
                    $"the {file.What} '{file.Path}' is {facts.Kind} that not everybody may read: use a regular file " +
                    "with mode o+r");
            }

            using var handle = File.OpenHandle(path);
            return null;
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new Unfitness(
                FailureReason.ImageMissing, $"the {file.What} '{file.Path}' cannot be read: {e.Message}");
        }
    }
}
