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
    private readonly Lock _gate = new();
    private TargetRelay? _relay;
    private string _socketPath = "";
    private bool _over;
    private volatile bool _granted;

    /// <summary>Makes a ticket for that source and attempt.</summary>
    public IncomingTransfer(
        AgentTools tools, Stamp stamp, HostId source, IReadOnlyList<string>? bootFiles = null)
    {
        Attempt = stamp.ToString();
        _bootFiles = bootFiles;
        _tools = tools;
        _store = tools.Pages?.For(stamp.Vm, stamp.ToString());
        _ticket = tools.Tickets.Issue(stamp.Migration!.Value, stamp.Attempt, source);
    }

    /// <summary>Which attempt's.</summary>
    public string Attempt { get; }

    /// <summary>What the source is to be told.</summary>
    public TransferOffer Offer => new(_tools.Options.Advertised, _ticket.Reveal());

    /// <summary>Why no other hypervisor can take the place of the one that is there; it may change.</summary>
    public RefillRefusal WhyNotReplace
    {
        get
        {
            lock (_gate)
                return _over ? RefillRefusal.Ended : _relay?.WhyNotReplace ?? RefillRefusal.None;
        }
    }

    /// <summary>
    /// The hypervisor died, and another waits on that path: gives it all that the first was given. Anything but success
    /// means that it was given too little, and that the transfer is over.
    /// </summary>
    public async Task<RefillRefusal> ReplaceAsync(string socketPath)
    {
        TargetRelay? relay;
        lock (_gate)
        {
            if (_over)
                return RefillRefusal.Ended;
            (relay, _socketPath) = (_relay, socketPath);
        }

        // Without a relay nobody has connected yet, and it will begin with this one.
        return relay is null ? RefillRefusal.None : await relay.ReplaceAsync(socketPath);
    }

    /// <summary>Nobody is waited for any more: neither a source, nor a hypervisor that is being filled.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _over = true;
            _ = _relay?.AbortAsync(AbortReason.Cancelled);
        }
    }

    /// <summary>First bytes came, and a hypervisor was connected for them.</summary>
    public bool HasBytes => Volatile.Read(ref _relay)?.FirstBytes.IsCompletedSuccessfully ?? false;

    /// <summary>Waits for the source, then relays; tells what happens.</summary>
    public async Task ServeAsync(string socketPath, Func<CopyInput, ValueTask> tell)
    {
        lock (_gate)
            _socketPath = socketPath;
        try
        {
            var link = await _tools.Listener.AcceptAsync(_ticket, _stop.Token);
            lock (_gate)
            {
                _relay = TargetRelay.Start(
                    _socketPath, link, _tools.Buffers, _tools.Time, _tools.PageWork, _store, _bootFiles);
            }

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
            NoteEnd();
            if (outcome.End != RelayEnd.Completed)
                await tell(new TransferBroke(TransferReasons.Of(outcome), outcome.Detail));
        }
        catch (LinkException e)
        {
            NoteEnd();
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

    // Before it is told: whoever replaces the hypervisor asks for it, and tells the end itself when it was too late.
    private void NoteEnd()
    {
        lock (_gate)
            _over = true;
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
        NoteEnd();
        if (_relay is not null)
            await _relay.DisposeAsync();
        _stop.Dispose();
    }
}
