using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Protocol;
using Fabric.Transport.Disks;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Actors.Agent;

/// <summary>
/// The local disks of a VM that comes here: a ticket for each, and whoever shows it is led to the hypervisor's export of that
/// disk. Nothing here decides when a disk is whole; the source does, by what was answered and flushed.
/// </summary>
internal sealed class IncomingDisks : IAsyncDisposable
{
    private readonly AgentTools _tools;
    private readonly IMachineDisks _machine;
    private readonly List<(Ticket Ticket, Task Serving)> _disks = [];
    private readonly CancellationTokenSource _stop = new();

    private IncomingDisks(AgentTools tools, IMachineDisks machine) => (_tools, _machine) = (tools, machine);

    /// <summary>What the source is to be told.</summary>
    public IReadOnlyList<DiskOffer> Offers { get; private set; } = [];

    /// <summary>Exports each local disk and waits for its source.</summary>
    /// <param name="tools">The host's.</param>
    /// <param name="machine">The disks of the waiting hypervisor.</param>
    /// <param name="effect">Of which attempt.</param>
    /// <param name="images">The own name of each disk's image.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="HypervisorException">A disk could not be exported.</exception>
    public static async Task<IncomingDisks> ServeAsync(
        AgentTools tools, IMachineDisks machine, StartIncoming effect, IReadOnlyDictionary<DiskId, string> images,
        CancellationToken cancellation)
    {
        await machine.ExportAsync([.. effect.Spec.LocalDisks().Select(d => d.Id)], cancellation);
        var incoming = new IncomingDisks(tools, machine);
        var offers = new List<DiskOffer>();
        for (var place = 0; place < effect.Spec.Disks.Count; place++)
        {
            if (effect.Spec.Disks[place] is not { Place: DiskPlace.Local } disk)
                continue;
            var ticket = tools.Tickets.Issue(
                effect.Stamp.Migration!.Value, effect.Stamp.Attempt, effect.Source, LinkPurpose.OfDisk(place));
            offers.Add(new DiskOffer(disk.Id, images[disk.Id], ticket.Reveal()));
            incoming._disks.Add((ticket, incoming.ServeAsync(ticket, effect.Stamp, disk.Id)));
        }

        incoming.Offers = offers;
        return incoming;
    }

    /// <summary>The guest is here and no copy writes any more: the disks are the guest's alone.</summary>
    /// <exception cref="HypervisorException">An export is still there.</exception>
    public Task CloseAsync(CancellationToken cancellation) => _machine.CloseExportsAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var (ticket, serving) in _disks)
        {
            _tools.Tickets.Revoke(ticket);
            await serving;
        }

        _stop.Dispose();
    }

    private async Task ServeAsync(Ticket ticket, Stamp stamp, DiskId disk)
    {
        try
        {
            var link = await _tools.Listener.AcceptAsync(ticket, _stop.Token);
            await using var target = DiskTarget.Start(_machine.SocketPath, link, _tools.Buffers, _tools.Time);
            await target.Completion.WaitAsync(_stop.Token);
        }
        catch (LinkException e)
        {
            // Nobody came, or the way is lost: the source knows, and its agent ends the attempt.
            AgentLog.DiskNote(_tools.Log, stamp.ToString(), disk.Value, e.Message);
        }
        catch (OperationCanceledException)
        {
            // Closed by order.
        }
    }
}
