using Fabric.Drivers;
using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>What the hands of one copy share, whichever side it is on.</summary>
/// <param name="Tools">The host's.</param>
/// <param name="Vm">Whose copy.</param>
/// <param name="Tell">Hears what happens to the process of a directory.</param>
/// <param name="Report">Hears numbers and prechecks.</param>
/// <param name="Disks">Its disks here.</param>
/// <param name="Network">Its network here.</param>
/// <param name="Stop">The agent lets go of it.</param>
internal sealed record CopyParts(
    AgentTools Tools, VmId Vm, Func<string, CopyInput, ValueTask> Tell, Action<Report> Report, DiskHands Disks,
    NetworkHands Network, CancellationToken Stop)
{
    /// <summary>A directory as the hypervisor is told it.</summary>
    public string PathOf(string directory) => Path.Combine(Tools.Options.MachinesDirectory, directory);

    /// <summary>In the order in which both sides put them together.</summary>
    public static IReadOnlyList<string> BootFilesOf(VmSpec spec) =>
        [.. new[] { spec.Kernel, spec.Initrd }.OfType<string>()];

    /// <summary>Runs a step of the network before a process may be there; false, and told, when it fails.</summary>
    public async Task<bool> IsPreparedAsync(string directory, Func<Task> prepare)
    {
        try
        {
            await prepare();
            return true;
        }
        catch (NetworkException e)
        {
            await Network.EndedAsync(forGood: true);
            await Tell(directory, new MachineFailedToStart(FailureReason.NetworkFailed, e.Message));
            return false;
        }
    }

    /// <summary>What stands in the way of a migration here, asked of everything that a copy needs.</summary>
    public async Task PrecheckAsync(RunPrecheck e)
    {
        var obstacles = Tools.Capacity.Obstacles(e.Order).ToList();
        if (e.Order.Side == Side.Source && e.NotRunning is { } reason)
            obstacles.Add(new Obstacle(reason, $"{Vm} does not run on {Tools.Options.Host}"));
        try
        {
            var unfit = await Tools.Hypervisor.CheckAsync(e.Order.Spec, Stop);
            if (e.Order.Side == Side.Target)
                obstacles.AddRange(unfit.Select(u => new Obstacle(u.Reason, u.Detail)));
        }
        catch (HypervisorException problem)
        {
            obstacles.Add(new Obstacle(FailureReason.HypervisorUnfit, problem.Message));
        }

        obstacles.AddRange(await Network.PrecheckAsync(e.Order));
        var disks = await Disks.PrecheckAsync(e.Order, Stop);
        obstacles.AddRange(disks.Obstacles);
        Report(new PrecheckReport(e.Order.Stamp, e.Order.Side, obstacles) { Disks = disks.Facts });
    }
}
