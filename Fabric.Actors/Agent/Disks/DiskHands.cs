using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>A copy's hands for its disks: images on this host, and their copies to and from others.</summary>
internal sealed class DiskHands(AgentTools tools, VmId vm, Action<Report> report)
{
    private OutgoingDisks? _outgoing;
    private IncomingDisks? _incoming;

    /// <summary>Copies under way, or kept equal; null when there are none.</summary>
    public OutgoingDisks? Outgoing => Volatile.Read(ref _outgoing);

    /// <summary>What the source of the copies that come in is to be told; null when there are none.</summary>
    public IReadOnlyList<DiskOffer>? Offers => _incoming?.Offers;

    /// <summary>What stands in the way here, and, at a source, what the disks are like.</summary>
    public async Task<(IReadOnlyList<Obstacle> Obstacles, IReadOnlyList<DiskFacts>? Facts)> PrecheckAsync(
        Precheck order, CancellationToken cancellation)
    {
        if (order.Spec.Disks.Count == 0 || tools.Disks is not { } images)
            return ([], null);
        try
        {
            var side = order.Side == Side.Source ? DiskSide.Source : DiskSide.Target;
            var problems = await images.CheckAsync(vm, order.Spec.Disks, side, order.Disks ?? [], cancellation);
            if (problems.Count > 0 || order.Side == Side.Target)
                return ([.. problems.Select(ObstacleOf)], null);
            var facts = new List<DiskFacts>();
            foreach (var disk in order.Spec.Disks)
                facts.Add(await images.LookAsync(disk, cancellation));
            return ([], facts);
        }
        catch (DiskException e)
        {
            return ([ObstacleOf(e.Problem)], null);
        }
    }

    /// <summary>What stands in the way of starting the VM here; null when nothing does.</summary>
    public async Task<MachineFailedToStart?> WhyNotStartAsync(VmSpec spec, CancellationToken cancellation)
    {
        if (spec.Disks.Count == 0 || tools.Disks is not { } images)
            return null;
        var problems = await images.CheckAsync(vm, spec.Disks, DiskSide.Start, [], cancellation);
        return problems.Count == 0
            ? null
            : new MachineFailedToStart(
                OutgoingDiskFaults.ReasonOf(problems[0].Fault), string.Join("; ", problems.Select(p => p.ToString())));
    }

    /// <summary>On a target: an image for each local disk, made or found again.</summary>
    /// <returns>The own name of each.</returns>
    /// <exception cref="DiskException">One cannot be made.</exception>
    public async Task<IReadOnlyDictionary<DiskId, string>> MakeAsync(StartIncoming effect, CancellationToken cancellation)
    {
        var made = new Dictionary<DiskId, string>();
        foreach (var disk in effect.Spec.LocalDisks())
        {
            var facts = effect.Disks?.FirstOrDefault(f => f.Id == disk.Id)
                ?? throw new DiskException(new DiskProblem(
                    DiskFault.SpecInvalid, disk.Id, disk.File, "nobody said how large it is at the source", "Migrate again."));
            made[disk.Id] = await Images().MakeAsync(vm, disk, facts, cancellation);
        }

        return made;
    }

    /// <summary>The target's hypervisor waits: its disks are served to whoever shows their tickets.</summary>
    /// <exception cref="HypervisorException">They could not be.</exception>
    public async Task ServeAsync(
        IMachine machine, StartIncoming effect, IReadOnlyDictionary<DiskId, string> images, CancellationToken cancellation)
    {
        if (images.Count > 0)
            _incoming = await IncomingDisks.ServeAsync(tools, DisksOf(machine), effect, images, cancellation);
    }

    /// <summary>
    /// The guest is complete at the target: no copy may write to its disks any more, or it is not complete.
    /// </summary>
    /// <returns>What the look is worth.</returns>
    public async Task<MachineLook> LoadedAsync(MachineLook look, CancellationToken cancellation)
    {
        if (_incoming is not { } incoming)
            return look;
        try
        {
            await incoming.CloseAsync(cancellation);
            return look;
        }
        catch (HypervisorException e)
        {
            return look with { Phase = MigrationPhase.Failed, Detail = $"its disks are still open to their copies: {e.Message}" };
        }
    }

    /// <summary>The guest is to run here: what was copied is its own from now on, and is not copied over again.</summary>
    /// <returns>True when one was not so before.</returns>
    /// <exception cref="DiskException">It could not be noted.</exception>
    public bool Own(VmSpec spec)
    {
        var partial = spec.LocalDisks().Where(d => tools.Disks?.NoteOf(d) is { State: not DiskState.Owned }).ToList();
        foreach (var disk in partial)
            tools.Disks!.Mark(vm, disk, DiskState.Owned);
        return partial.Count > 0;
    }

    /// <summary>
    /// Begins to copy, and tells when the disks are nearly equal, or that they will not be. Not waited for: it takes as long
    /// as the disks are large, and orders to this copy must not.
    /// </summary>
    public async Task SyncAsync(
        StartSyncing effect, IMachine machine, VmSpec spec, string directory, Func<CopyInput, ValueTask> tell)
    {
        var outgoing = new OutgoingDisks(tools, effect.Order, spec, DisksOf(machine), directory);
        Volatile.Write(ref _outgoing, outgoing);
        outgoing.Tell(report);
        _ = Task.Run(async () =>
        {
            var began = tools.Time.GetTimestamp();
            try
            {
                await outgoing.SyncAsync(broke => tell(broke));
                AgentLog.DisksSynced(
                    tools.Log, outgoing.Stamp.ToString(), (long)tools.Time.GetElapsedTime(began).TotalMilliseconds,
                    outgoing.Progress.Sum(static d => d.CopiedBytes), outgoing.WireBytes);
                await tell(new DisksSynced(outgoing.Transfer));
            }
            catch (Exception e)
            {
                await tell(OutgoingDiskFaults.Of(e));
            }
        });
    }

    /// <summary>The guest is paused: the rest of its disks is copied. Nothing to do where nothing is copied.</summary>
    /// <exception cref="DiskCopyException">A disk is not whole at the target.</exception>
    public async Task FinishAsync()
    {
        if (Outgoing is not { } outgoing)
            return;
        var (began, before) = (tools.Time.GetTimestamp(), outgoing.WireBytes);
        await outgoing.FinishAsync();
        AgentLog.DisksFinished(
            tools.Log, outgoing.Stamp.ToString(), (long)tools.Time.GetElapsedTime(began).TotalMilliseconds,
            outgoing.WireBytes - before);
    }

    /// <summary>Local disks of a VM that runs elsewhere, or will, are removed; what cannot be is told and left.</summary>
    public async Task RemoveAsync(VmSpec spec, CancellationToken cancellation)
    {
        foreach (var disk in spec.LocalDisks())
        {
            await TryAsync(disk.Id, async () =>
            {
                Images().Mark(vm, disk, DiskState.Released);
                await Images().RemoveAsync(vm, disk, cancellation);
            });
        }

        tools.Leftovers.Changed();
    }

    /// <summary>The same for all that notes on this host say of the VM, but what is owned.</summary>
    public async Task RemoveNotedAsync(CancellationToken cancellation)
    {
        var noted = tools.Disks?.Notes().Select(found => found.Note).OfType<DiskNote>() ?? [];
        foreach (var note in noted.Where(n => n.Vm == vm && n.State != DiskState.Owned))
        {
            var disk = new DiskSpec { Id = note.Disk, File = note.File, Format = note.Format, Place = DiskPlace.Local };
            await TryAsync(disk.Id, () => Images().RemoveAsync(vm, disk, cancellation));
        }

        tools.Leftovers.Changed();
    }

    /// <summary>
    /// Ends copies, both ways; what they had copied stays, and where they stood. An agent that has adopted a process takes
    /// away what another one's copies have left in it.
    /// </summary>
    public async Task CloseAsync(VmSpec? spec, IMachine? machine, CancellationToken cancellation)
    {
        if (_outgoing is null && _incoming is null && machine?.Disks is { } disks && spec?.LocalDisks().Any() == true)
        {
            // One that fails does not keep the others: it is gone, or hangs, and whoever ends it ends that too.
            foreach (var disk in spec.LocalDisks())
            {
                await NoteAsync(disk.Id, () => disks.ThrottleWritesAsync(disk.Id, 0, cancellation));
                await NoteAsync(disk.Id, () => disks.EndMirrorAsync(disk.Id, inOrder: false, cancellation));
            }

            await NoteAsync(null, () => disks.CloseExportsAsync(cancellation));
        }

        await CloseAsync();
    }

    /// <summary>Ends copies; lets a process be.</summary>
    public async Task CloseAsync()
    {
        var (outgoing, incoming) = (_outgoing, _incoming);
        (_outgoing, _incoming) = (null, null);
        if (outgoing is not null)
            await outgoing.DisposeAsync();
        if (incoming is not null)
            await incoming.DisposeAsync();
        if (outgoing is not null || incoming is not null)
            tools.Leftovers.Changed();
    }

    private async Task NoteAsync(DiskId? disk, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (HypervisorException e)
        {
            AgentLog.DiskNote(tools.Log, vm.Value, disk?.Value ?? "*", e.Message);
        }
    }

    private async Task TryAsync(DiskId disk, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (DiskException e)
        {
            AgentLog.DiskNotRemoved(tools.Log, vm.Value, disk.Value, e.Message);
        }
    }

    private IDiskImages Images() => tools.Disks
        ?? throw new DiskException(new DiskProblem(
            DiskFault.DirectoryMissing, null, "host.disks", "this host takes no disks", "Set host.disks.local."));

    private static IMachineDisks DisksOf(IMachine machine) => machine.Disks
        ?? throw new HypervisorException(HypervisorFault.Refused, "This hypervisor's machines have no disks.");

    private static Obstacle ObstacleOf(DiskProblem problem) =>
        new(OutgoingDiskFaults.ReasonOf(problem.Fault), problem.ToString());
}
