using Fabric.Host.Configuration;
using Fabric.Host.Faults.Lab;

namespace Fabric.Host.Faults.Run;

/// <summary>One case in a lab of its own: a coordinator and two hosts on loopback.</summary>
internal static class LoopbackCase
{
    /// <summary>The lab's VM.</summary>
    public const string VmName = "demo";

    /// <summary>Runs it; nothing is left behind, however it ends.</summary>
    /// <exception cref="LabException">It could not be carried out.</exception>
    public static async Task<CaseReport> RunAsync(
        LabOptions options, FaultCase? fault, CaseScreen screen, TimeProvider time, CancellationToken cancellation)
    {
        var facts = await LabMachines.Hypervisor(options, time).ProbeAsync(cancellation);
        var spec = LabMachines.Spec(VmName, options, facts);
        using var directory = LabDirectory.Make(options.Keep);
        var holdAt = Breaker.NeedsHold(fault, options) ? fault!.At : FaultStage.Off;
        await using var cluster = LabCluster.Start(directory, options, holdAt, time);
        var kept = options.Keep ? ", which will be kept" : "";
        screen.Say($"a coordinator and two hosts start in {directory.Path}{kept}");
        await using var scene = new CaseScene(
            cluster, options, spec, $"{facts.Version} ({facts.Accelerator})", time)
        {
            Disk = options.HasDisk ? new CaseDisk(new LabDisk(cluster, spec.Id, options), cluster, time) : null,
        };
        return await new CaseRun(scene, fault, screen, time).RunAsync(cancellation);
    }
}
