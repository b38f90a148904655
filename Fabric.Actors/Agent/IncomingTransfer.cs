using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Actors.Agent;

/// <summary>
/// The target's way: a ticket, the data link of whoever shows it, and the relay to the waiting hypervisor.
/// </summary>
internal sealed class IncomingTransfer : IAsyncDisposable
{
    private readonly AgentTools _tools;
    private readonly Ticket _ticket;
    private readonly CancellationTokenSource _stop = new();
    private readonly TransferStore? _store;
    private readonly IReadOnlyList<string>? _bootFiles;
    private TargetRelay? _relay;
    private volatile bool _granted;

    /// <summary>Makes a ticket for that source and attempt.</summary>
    public IncomingTransfer(
        AgentTools tools, Stamp stamp, HostId source, IReadOnlyList<string>? bootFiles = null)
    {
        _bootFiles = bootFiles;
        _tools = tools;
        _store = tools.Pages?.For(stamp.Vm, stamp.ToString());
        _ticket = tools.Tickets.Issue(stamp.Migration!.Value, stamp.Attempt, source);
    }

    /// <summary>What the source is to be told.</summary>
    public TransferOffer Offer => new(_tools.Options.Advertised, _ticket.Reveal());

    /// <summary>Waits for the source, then relays; tells what happens.</summary>
    public async Task ServeAsync(string socketPath, Func<CopyInput, ValueTask> tell)
    {
        try
        {
            var link = await _tools.Listener.AcceptAsync(_ticket, _stop.Token);
            _relay = TargetRelay.Start(
                socketPath, link, _tools.Buffers, _tools.Time, _tools.PageWork, _store, _bootFiles);
            // Not the link's arrival: before the first byte QEMU is not connected and would wait for ever.
            if (await Task.WhenAny(_relay.FirstBytes, _relay.Completion) == _relay.FirstBytes
                && _relay.FirstBytes.IsCompletedSuccessfully)
            {
                await tell(new BytesArrived());
            }

            var outcome = await _relay.Completion;
            NoteStore();
            if (_granted)
                _store?.Succeeded();
            if (outcome.End != RelayEnd.Completed)
                await tell(new TransferBroke(TransferReasons.Of(outcome), outcome.Detail));
        }
        catch (LinkException e)
        {
            await tell(new TransferBroke(TransferReasons.Of(e), e.Message));
        }
        catch (OperationCanceledException)
        {
            // Closed by order; whoever closed it knows.
        }
    }

    /// <summary>
    /// The guest runs here. Only now is what is held of it of no more use: a relay also completes when a hypervisor that
    /// was killed closed its socket.
    /// </summary>
    public void Granted()
    {
        _granted = true;
        _store?.Succeeded();
    }

    private void NoteStore()
    {
        if (_store?.Why is { } why)
            AgentLog.PageStore(_tools.Log, _store.Name, why.ToString(), _store.HeldAtFirst, _store.Damaged);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _tools.Tickets.Revoke(_ticket);
        if (_relay is not null)
            await _relay.DisposeAsync();
        _stop.Dispose();
    }
}
