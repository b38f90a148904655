using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>The guest that the lab's migrations move.</summary>
internal static class LabGuest
{
    public static readonly VmId Vm = VmId.Of("v1");

    /// <summary>Slow enough that a cold pre-copy of its 60 to 70 MB lasts seconds.</summary>
    public static readonly MigrationPolicy Slow = new() { Transfer = new TransferPolicy(16 << 20, 300) };

    public static VmSpec Spec() => new()
    {
        Id = Vm,
        MemoryKiB = 131136,
        Kernel = LabEnvironment.Kernel,
        Initrd = LabEnvironment.Initrd,
        Append = "console=ttyS0 quiet panic=-1 nokaslr no_timer_check tsc=reliable random.trust_cpu=on cryptomgr.notests "
            + "mitigations=off initcall_blacklist=init_kprobe_trace,trace_eval_init,crypto_algapi_init "
            + "d.ws=16 d.rate=200 d.mode=sparse d.hb=100",
    };
}
