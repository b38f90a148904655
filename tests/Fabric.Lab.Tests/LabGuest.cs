using Fabric.Protocol;

namespace Fabric.Lab.Tests;

/// <summary>The test guest, which dirties memory and checks itself; see deploy/guest/README.md.</summary>
internal static class LabGuest
{
    private const string Kernel =
        "console=ttyS0 quiet panic=-1 nokaslr no_timer_check tsc=reliable random.trust_cpu=on cryptomgr.notests "
        + "mitigations=off initcall_blacklist=init_kprobe_trace,trace_eval_init,crypto_algapi_init ";

    private const string Light = "d.ws=16 d.rate=200 d.mode=sparse d.hb=100";

    /// <summary>The name of the guest that the lab's migrations move.</summary>
    public static readonly VmId Vm = VmId.Of("v1");

    /// <summary>Slow enough that a cold pre-copy of what page work leaves of its 60 to 70 MB, 3 to 12, lasts seconds.</summary>
    public static readonly MigrationPolicy Slow = new() { Transfer = new TransferPolicy(1 << 20, 300) };

    /// <summary>That guest.</summary>
    public static VmSpec Spec() => Spec(Vm.Value);

    /// <summary>A machine of that size; the workload is what the guest's program is told.</summary>
    public static VmSpec Spec(string id, int mebibytes = 128, string workload = Light) => new()
    {
        Id = VmId.Of(id),
        // No multiple of 256 KiB: QEMU 7.2 without KVM loses dirty pages of a guest whose memory is one.
        MemoryKiB = (mebibytes * 1024) + 64,
        Kernel = LabEnvironment.Kernel,
        Initrd = LabEnvironment.Initrd,
        Append = Kernel + workload,
    };

    /// <summary>A guest of the embedded hypervisor that dirties about as much.</summary>
    public static VmSpec EmbeddedSpec(string id, int mebibytes = 128, string program = GuestProgramSpec.GameServer) => new()
    {
        Id = VmId.Of(id),
        MemoryKiB = mebibytes * 1024,
        Machine = VmSpec.EmbeddedMachine,
        Program = program,
    };
}
