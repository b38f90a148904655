using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Guest;

/// <summary>The demo's machine: a small Linux whose only program writes pages and checks them.</summary>
internal static class GuestMachine
{
    private const int RepairedIn = 10;
    private const long OddKiB = 64;

    private const string Append =
        "console=ttyS0 quiet panic=-1 nokaslr no_timer_check tsc=reliable random.trust_cpu=on cryptomgr.notests " +
        "mitigations=off initcall_blacklist=init_kprobe_trace,trace_eval_init,crypto_algapi_init ";

    /// <summary>The specification.</summary>
    public static VmSpec Spec(string name, GuestFiles files, long memoryKiB, string dirtier) => new()
    {
        Id = VmId.Of(name),
        MemoryKiB = memoryKiB,
        Kernel = files.Kernel,
        Initrd = files.Initrd,
        Append = Append + dirtier,
    };

    /// <summary>
    /// The memory to use: QEMU below 10 without KVM loses pages of a guest whose memory is a multiple of 256 KiB, so
    /// there it gets 64 KiB more.
    /// </summary>
    public static long MemoryKiB(long bytes, HypervisorFacts facts)
    {
        var kib = bytes / 1024;
        var corrupts = facts.Version.Major < RepairedIn
            && !string.Equals(facts.Accelerator, "kvm", StringComparison.Ordinal)
            && kib % Limits.Qemu.CorruptingMemoryKiB == 0;
        return corrupts ? kib + OddKiB : kib;
    }
}
