using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>The life of a copy's process: started, found again, ended. One at a time.</summary>
/// <param name="parts">What the hands share.</param>
/// <param name="hear">Hears what the process of a directory tells.</param>
/// <param name="progress">Hears its numbers.</param>
/// <param name="migrationIsOurs">Whether what it says of a migration is of the attempt under way.</param>
/// <param name="wireBytes">Bytes on the data link.</param>
internal sealed class MachineHands(
    CopyParts parts, Func<string, CopyInput, ValueTask> hear, Action<TransferProgress> progress,
    Func<bool> migrationIsOurs, Func<long> wireBytes) : IAsyncDisposable
{
    private MachineKeeper? _keeper;

    /// <summary>Of the VM, once a process was started or found; it stays known after the process has ended.</summary>
    public VmSpec? Spec { get; private set; }

    /// <summary>The process; null when there is none.</summary>
    public MachineKeeper? Keeper => _keeper;

    /// <summary>Takes over a process that was found.</summary>
    public Task<MachineLook> AdoptAsync(HeldCopy copy, IMachine machine)
    {
        Spec = copy.Spec;
        _keeper = Keep(copy.Directory, machine);
        parts.Tools.Capacity.Note(parts.Vm, copy.Spec.MemoryBytes(), copy is IncomingCopy, migrating: false);
        return _keeper.LookAsync();
    }

    /// <summary>Boots the VM.</summary>
    public async Task StartAsync(StartMachine e)
    {
        if (await parts.Disks.WhyNotStartAsync(e.Spec, parts.Stop) is { } why && !IsKept(e.Directory))
            await parts.Tell(e.Directory, why);
        else if (await parts.IsPreparedAsync(e.Directory, () => parts.Network.PrepareStartAsync(e.Spec, e.Directory))
            && await TryStartAsync(e.Spec, StartMode.Boot, e.Directory, incoming: false))
            await Kept().TellLookAsync();
    }

    /// <summary>Starts a process; false, and told why, when it did not start.</summary>
    public async Task<bool> TryStartAsync(VmSpec spec, StartMode mode, string directory, bool incoming)
    {
        // Run again, it finds what it started: that is not a failure to start, after which nothing would be there.
        if (IsKept(directory))
            return true;
        if (parts.Tools.Options.HomelessDisks(spec).FirstOrDefault() is { } homeless)
        {
            await parts.Tell(directory, new MachineFailedToStart(FailureReason.DiskUnfit, homeless));
            return false;
        }

        var path = parts.PathOf(directory);
        try
        {
            MachineDirectories.Prune(parts.PathOf(spec.Id.Value), path);
            var machine = await parts.Tools.Hypervisor.StartAsync(spec, mode, path, parts.Stop);
            await DropKeeperAsync();
            Spec = spec;
            _keeper = Keep(directory, machine);
            parts.Tools.Capacity.Note(parts.Vm, spec.MemoryBytes(), incoming, migrating: incoming);
            return true;
        }
        catch (HypervisorException e)
        {
            await parts.Network.EndedAsync(forGood: true);
            var unfit = await UnfitnessOf(spec);
            await parts.Tell(directory, new MachineFailedToStart(unfit ?? FailureReason.TargetDidNotStart, e.Message));
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await parts.Tell(directory, new MachineFailedToStart(
                FailureReason.TargetDidNotStart, $"the directory '{path}' cannot be made: {e.Message}"));
            return false;
        }
    }

    /// <summary>Ends the process of a directory, whether it is the one kept or one that was never found again.</summary>
    public async Task EndProcessAsync(string directory)
    {
        if (_keeper is { } keeper && string.Equals(keeper.Directory, directory, StringComparison.Ordinal))
        {
            await keeper.Machine.KillAsync(parts.Stop);
            await DropKeeperAsync();
        }
        else
        {
            await parts.Tools.Hypervisor.KillAsync(parts.PathOf(directory), parts.Stop);
        }

        parts.Tools.Capacity.Forget(parts.Vm);
    }

    /// <summary>The process, or an error that says that there is none.</summary>
    public MachineKeeper Kept() => _keeper
        ?? throw new HypervisorException(
            HypervisorFault.Exited, $"There is no process of {parts.Vm} on {parts.Tools.Options.Host}.");

    /// <summary>What it is ordered by.</summary>
    public IMachine Machine() => Kept().Machine;

    /// <summary>Whether the process is that of the directory.</summary>
    public bool IsKept(string directory) => string.Equals(_keeper?.Directory, directory, StringComparison.Ordinal);

    /// <summary>Lets go of the process, which runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_keeper is not null)
            await _keeper.DisposeAsync();
    }

    private async Task DropKeeperAsync()
    {
        if (_keeper is { } old)
            await old.DisposeAsync();
        _keeper = null;
    }

    private async Task<FailureReason?> UnfitnessOf(VmSpec spec)
    {
        try
        {
            return (await parts.Tools.Hypervisor.CheckAsync(spec, parts.Stop)).FirstOrDefault()?.Reason;
        }
        catch (HypervisorException)
        {
            return FailureReason.HypervisorUnfit;
        }
    }

    private MachineKeeper Keep(string directory, IMachine machine) => new(
        directory, machine, parts.Tools.Time, parts.Tools.Log, input => hear(directory, input), progress,
        migrationIsOurs, wireBytes);
}
