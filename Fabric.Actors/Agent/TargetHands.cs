using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Fabric.Transport.Relay;

namespace Fabric.Actors.Agent;

/// <summary>A copy's hands while its guest comes in: the process that waits, and what fills it, once or again.</summary>
internal sealed class TargetHands(CopyParts parts, MachineHands machine)
{
    private IncomingTransfer? _incoming;

    // Where the transfer that comes in goes to: what it tells is told of that process.
    private volatile string _incomingTo = "";
    private IncomingTransfer? _refilling;

    /// <summary>Something comes in, or is waited for.</summary>
    public bool IsThere => Volatile.Read(ref _incoming) is not null;

    /// <summary>Makes images and a process that waits, and offers both to the source.</summary>
    public async Task StartAsync(StartIncoming e)
    {
        if (_incoming is { } made && machine.IsKept(e.Directory))
        {
            await parts.Tell(e.Directory, new OfferMade(made.Offer with { Disks = parts.Disks.Offers }));
            return;
        }

        IReadOnlyDictionary<DiskId, string> images;
        try
        {
            images = await parts.Disks.MakeAsync(e, parts.Stop);
        }
        catch (DiskException failed)
        {
            await parts.Tell(e.Directory, new MachineFailedToStart(
                OutgoingDiskFaults.ReasonOf(failed.Fault), failed.Message));
            return;
        }

        if (!await parts.IsPreparedAsync(e.Directory, () => parts.Network.PrepareTargetAsync(e))
            || !await machine.TryStartAsync(e.Spec, StartMode.Incoming, e.Directory, incoming: true))
            return;
        try
        {
            await parts.Disks.ServeAsync(machine.Machine(), e, images, parts.Stop);
            var socket = await ListenAsync(e.Directory);
            _incoming = new IncomingTransfer(parts.Tools, e.Stamp, e.Source, CopyParts.BootFilesOf(e.Spec));
            _incomingTo = e.Directory;
            _ = _incoming.ServeAsync(socket, TellAsync);
            await parts.Tell(e.Directory, new OfferMade(_incoming.Offer with { Disks = parts.Disks.Offers }));
        }
        catch (Exception failed) when (failed is HypervisorException or InvalidOperationException)
        {
            // Not offered, so nobody knows of it: it must not stay.
            await EndAsync(e.Directory, FailureReason.TargetDidNotStart, failed.Message);
        }
    }

    /// <summary>
    /// In this order: the dead process is gone for certain, the other waits, and only then is it filled. Whatever fails
    /// on the way ends the other process and is told; it would wait for ever for bytes that do not come.
    /// </summary>
    public async Task RefillAsync(RefillIncoming e)
    {
        if (machine.IsKept(e.Directory))
            return; // Run again, it finds the one that it has filled.
        await machine.EndProcessAsync(e.Dead);
        if (!await machine.TryStartAsync(e.Spec, StartMode.Incoming, e.Directory, incoming: true))
            return;
        string? problem;
        try
        {
            problem = await FillAgainAsync(e);
        }
        catch (Exception failed) when (failed is HypervisorException or InvalidOperationException)
        {
            problem = failed.Message;
        }

        if (problem is null)
            return;
        AgentLog.NotRefilled(parts.Tools.Log, e.Stamp.ToString(), problem);
        await EndAsync(
            e.Directory, FailureReason.TargetVmDied,
            $"its process died, and the one that took its place was ended: {problem}");
    }

    /// <summary>Whether another process could take the place of one that has died now.</summary>
    public bool CanRefill()
    {
        if (Volatile.Read(ref _incoming) is not { } incoming || Volatile.Read(ref _refilling) is not null)
            return false;
        var why = incoming.WhyNotReplace;
        AgentLog.TargetDied(parts.Tools.Log, incoming.Attempt, why.ToString());
        return why == RefillRefusal.None;
    }

    /// <summary>The guest runs here.</summary>
    public void Granted() => _incoming?.Granted();

    /// <summary>From any thread: a process that is being filled again is filled no further.</summary>
    public void Interrupt() => Volatile.Read(ref _refilling)?.Interrupt();

    /// <summary>Takes the transfer away from whatever comes next; the caller disposes of it.</summary>
    public IAsyncDisposable? Take() => Interlocked.Exchange(ref _incoming, null);

    /// <returns>Why it could not be done; null when it was.</returns>
    private async Task<string?> FillAgainAsync(RefillIncoming e)
    {
        var socket = await ListenAsync(e.Directory);
        if (_incoming is not { } incoming)
            return "the transfer was closed meanwhile";
        _incomingTo = e.Directory;
        var began = parts.Tools.Time.GetTimestamp();
        Volatile.Write(ref _refilling, incoming);
        var why = await incoming.ReplaceAsync(socket);
        Volatile.Write(ref _refilling, null);
        if (why != RefillRefusal.None)
            return $"it could not be filled again: {why}";
        AgentLog.Refilled(
            parts.Tools.Log, e.Stamp.ToString(), (long)parts.Tools.Time.GetElapsedTime(began).TotalMilliseconds);
        // Told of the dead process, it would not have been heard.
        if (incoming.HasBytes)
            await parts.Tell(e.Directory, new BytesArrived());
        return null;
    }

    private async Task<string> ListenAsync(string directory)
    {
        var socket = Path.Combine(parts.PathOf(directory), "in.sock");
        await machine.Machine().BeginIncomingAsync(socket, parts.Stop);
        return socket;
    }

    private async ValueTask TellAsync(CopyInput input)
    {
        try
        {
            if (input is BytesArrived)
                await parts.Network.ArrivedAsync();
        }
        catch (NetworkException e)
        {
            input = new TransferBroke(FailureReason.NetworkFailed, e.Message);
        }

        await parts.Tell(_incomingTo, input);
    }

    private async Task EndAsync(string directory, FailureReason reason, string detail)
    {
        await machine.EndProcessAsync(directory);
        await parts.Network.EndedAsync(forGood: true);
        await parts.Tell(directory, new MachineFailedToStart(reason, detail));
    }
}
