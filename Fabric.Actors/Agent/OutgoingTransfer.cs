using Fabric.Drivers;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Actors.Agent;

/// <summary>Makes the data link of a ticket; fails with a <see cref="LinkException"/>.</summary>
internal delegate Task<IDataLink> ConnectData(Ticket ticket, CancellationToken cancellation);

/// <summary>The source's way: data link, relay, and QEMU's connection to it.</summary>
internal sealed class OutgoingTransfer(
    AgentTools tools, BeginTransfer order, string directory, Action<Report> report, ConnectData connect,
    IReadOnlyList<string>? bootFiles = null) : IAsyncDisposable
{
    /// <summary>Over the host's own connector, at a rate that its disks' links may share.</summary>
    public OutgoingTransfer(
        AgentTools tools, BeginTransfer order, string directory, Action<Report> report,
        IReadOnlyList<string>? bootFiles, SharedPace? pace)
        : this(tools, order, directory, report, (ticket, cancellation) => tools.Connector.ConnectAsync(
            order.Endpoint, order.Target, order.Stamp.Migration!.Value, order.Stamp.Attempt, ticket, cancellation,
            LinkPurpose.Memory, pace), bootFiles)
    {
    }

    private readonly CancellationTokenSource _stop = new();
    private readonly TransferGovernor _governor = new(tools, order, report);
    private SourceRelay? _relay;
    private IDataLink? _link;
    private Task _watching = Task.CompletedTask;

    /// <summary>The attempt.</summary>
    public Stamp Stamp => order.Stamp;

    /// <summary>The hypervisor was told to migrate, so what it says of a migration is of this one.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Bytes on the data link, both ways.</summary>
    public long WireBytes => _relay?.Traffic.Wire ?? 0;

    /// <summary>Since when the data link has had no connection; null while it has one.</summary>
    public DateTimeOffset? LinkDownSince =>
        _link?.DownFor is { } down ? tools.Time.GetUtcNow() - down : null;

    /// <summary>What the data link's path is like; null before there is one.</summary>
    public LinkProgress? Link
    {
        get
        {
            if (_link?.Measure() is not { } m)
                return null;
            var loss = m is { SegmentsSent: > 0 and var sent, SegmentsResent: { } resent }
                ? 100.0 * resent / sent
                : null as double?;
            return new LinkProgress(
                m.Connections, _governor.Pace, m.BytesPerSecond, m.RoundTrip?.TotalMilliseconds, loss,
                m.SegmentsResent)
            {
                SegmentsSent = m.SegmentsSent,
            };
        }
    }

    /// <summary>What was sent in the place of pages; null where nothing is done with them.</summary>
    public PageWorkProgress? PageWork => _relay?.PageWork is { BytesIn: > 0 } c
        ? new PageWorkProgress(
            c.Zero, c.Unchanged, c.Reference, c.Delta, c.Plain, c.Raw, c.BytesIn, c.BytesOut, c.Level)
        : null;

    /// <summary>Rate and convergence: hears what is seen of the hypervisor.</summary>
    public TransferGovernor Governor => _governor;

    /// <summary>Connects and begins; then <paramref name="broke"/> hears if it ends before its time.</summary>
    public async Task BeginAsync(IMachine machine, Func<TransferBroke, ValueTask> broke)
    {
        try
        {
            var ticket = Ticket.TryRead(order.Ticket)
                ?? throw new LinkException(LinkFault.Refused, "the order's ticket is not a ticket");
            var link = await Patience.ConnectAsync(
                tools, order.Stamp.ToString(), cancellation => connect(ticket, cancellation), _stop.Token);
            _link = link;
            _governor.Hold(link);
            var socket = Path.Combine(directory, $"out-{order.Stamp.Attempt}.sock");
            _relay = await StartRelayAsync(socket, link);
            HasBegun = true;
            await machine.BeginOutgoingAsync(socket, _governor.First, _stop.Token);
            _governor.Start(machine, broke);
            _watching = WatchAsync(_relay, broke);
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
        catch (Exception e)
        {
            // Whatever it is (no room for a socket, no more files), an attempt that nobody drives must end.
            HasBegun = false;
            await broke(new TransferBroke(FailureReason.SourceTransferFailed, e.Message));
        }
    }

    /// <summary>The link is the relay's from here; one that could not start must not keep it open.</summary>
    private async Task<SourceRelay> StartRelayAsync(string socket, IDataLink link)
    {
        try
        {
            File.Delete(socket);
            return SourceRelay.Start(
                socket, link, tools.Buffers, tools.Time, tools.PageWork,
                tools.Pages?.For(order.Stamp.Vm, order.Stamp.ToString()), bootFiles);
        }
        catch
        {
            await link.AbortAsync(AbortReason.SourceClosed);
            throw;
        }
    }

    /// <summary>
    /// Completes when the relay's end was told, or after a moment. A hypervisor whose socket the relay closed says only
    /// that writing failed; why is what the relay says, and that is to be heard first.
    /// </summary>
    public async Task ToldAsync()
    {
        try
        {
            await _watching.WaitAsync(TimeSpan.FromMilliseconds(Limits.Agent.RelayEndMs), tools.Time);
        }
        catch (TimeoutException)
        {
            // It goes on: then it is not why the hypervisor failed.
        }
    }

    /// <summary>Gives up what has not begun yet. From any thread, also while it is being disposed of.</summary>
    public void Interrupt()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is given up already.
        }
    }

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
        await _governor.DisposeAsync();
        if (_relay is not null)
        {
            await _relay.DisposeAsync();
            NoteSent();
        }

        _stop.Dispose();
    }

    private void NoteSent()
    {
        if (PageWork is { } c)
            AgentLog.Sent(
                tools.Log, order.Stamp.ToString(), WireBytes, c.BytesBefore, c.BytesAfter,
                $"{c.ZeroPages} zero, {c.UnchangedPages} unchanged, {c.ReferencePages} like others, " +
                $"{c.DeltaPages} deltas, {c.PlainPages} packed, {c.RawPages} raw, level {c.Level}");
    }

    private static async Task WatchAsync(SourceRelay relay, Func<TransferBroke, ValueTask> broke)
    {
        var outcome = await relay.Completion;
        if (outcome.End != RelayEnd.Completed)
            await broke(new TransferBroke(TransferReasons.Of(outcome), outcome.Detail));
    }
}
