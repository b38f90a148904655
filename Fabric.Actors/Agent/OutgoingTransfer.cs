using Fabric.Drivers;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Actors.Agent;

/// <summary>The source's way: data link, relay, and QEMU's connection to it.</summary>
internal sealed class OutgoingTransfer(AgentTools tools, BeginTransfer order, string directory) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private SourceRelay? _relay;

    /// <summary>The attempt.</summary>
    public Stamp Stamp => order.Stamp;

    /// <summary>The hypervisor was told to migrate, so what it says of a migration is of this one.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Bytes on the data link, both ways.</summary>
    public long WireBytes => _relay?.Traffic.Wire ?? 0;

    /// <summary>Connects and begins; then <paramref name="broke"/> hears if it ends before its time.</summary>
    public async Task BeginAsync(IMachine machine, Func<TransferBroke, ValueTask> broke)
    {
        try
        {
            var ticket = Ticket.TryRead(order.Ticket)
                ?? throw new LinkException(LinkFault.Refused, "the order's ticket is not a ticket");
            var link = await tools.Connector.ConnectAsync(
                order.Endpoint, order.Target, order.Stamp.Migration!.Value, order.Stamp.Attempt, ticket, _stop.Token);
            var socket = Path.Combine(directory, $"out-{order.Stamp.Attempt}.sock");
            File.Delete(socket);
            _relay = SourceRelay.Start(socket, link, tools.Buffers, tools.Time);
            HasBegun = true;
            await machine.BeginOutgoingAsync(socket, order.Policy, _stop.Token);
            _ = WatchAsync(_relay, broke);
        }
        catch (LinkException e)
        {
            await broke(new TransferBroke(TransferReasons.Of(e), e.Message));
        }
        catch (HypervisorException e)
        {
            HasBegun = false;
            await broke(new TransferBroke(FailureReason.SourceTransferFailed, e.Message));
        }
        catch (OperationCanceledException)
        {
            HasBegun = false;
            await broke(new TransferBroke(FailureReason.Cancelled, "cancelled while it began"));
        }
    }

    /// <summary>Gives up what has not begun yet.</summary>
    public void Interrupt() => _stop.Cancel();

    /// <summary>Closes the hypervisor's socket: it then fails its migration and resumes, even when it hangs.</summary>
    public async Task AbortAsync()
    {
        await _stop.CancelAsync();
        if (_relay is not null)
            await _relay.AbortAsync(AbortReason.Cancelled);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_relay is not null)
            await _relay.DisposeAsync();
        _stop.Dispose();
    }

    private static async Task WatchAsync(SourceRelay relay, Func<TransferBroke, ValueTask> broke)
    {
        var outcome = await relay.Completion;
        if (outcome.End != RelayEnd.Completed)
            await broke(new TransferBroke(TransferReasons.Of(outcome), outcome.Detail));
    }
}
