using Fabric.Actors.Cluster;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// A host's agent: its copies' actors, the ledger under them, and the link to the coordinator. It can be killed at any
/// moment; hypervisors run on, and the next agent takes them up from the ledger.
/// </summary>
public sealed class HostAgent : INodeLinkClientHandler, IAsyncDisposable
{
    private readonly ActorSystem _system;
    private readonly IJournal _ledger;
    private readonly AgentTools _tools;
    private readonly Func<object, bool> _send;
    private readonly ITimer _looking;
    private readonly LineWatcher _lines;
    private readonly Lock _lock = new();
    private readonly LeftoverRhythm _rhythm = new();

    /// <summary>Registers the copies; nothing runs before <see cref="ResumeAsync"/>.</summary>
    public HostAgent(ActorSystem system, IJournal ledger, AgentTools tools, Func<object, bool> send)
    {
        (_system, _ledger, _tools, _send) = (system, ledger, tools, send);
        _lines = new LineWatcher(
            (watch, withinMs, stop) => tools.Connector.ProbeAsync(watch.Endpoint, watch.Target, withinMs, stop), send,
            tools.Time);
        var hands = new CopyHandsFactory(tools);
        var reports = new ReportSink(send);
        Register(system, ledger, hands, reports);
        if (tools.Network is { } network)
            network.Detours.Noted += (_, _) => _ = TellFactsAsync();
        _looking = tools.Time.CreateTimer(
            _ => LookAgain(), null, TimeSpan.FromMilliseconds(_rhythm.NextMs), Timeout.InfiniteTimeSpan);
        tools.Leftovers.Noted += (_, _) => LeftoversChanged();
    }

    /// <summary>Registers the copies over hands that are handed in.</summary>
    public static void Register(
        ActorSystem system, IJournal ledger, ICopyHandsFactory hands, IReportSink reports, Deciders? deciders = null) =>
        system.Entities.Register(
            EntityKinds.Copy,
            id => Coordinator.Journalled(
                () => new CopyActor(VmId.Of(id), ledger, hands, reports, deciders ?? Deciders.Protocol)));

    /// <summary>Tells every copy in the ledger.</summary>
    public static async Task TellAllAsync(
        ActorSystem system, IJournal ledger, object message, CancellationToken cancellation)
    {
        await foreach (var stream in ledger.ListStreamsAsync(EntityKinds.Copy, cancellation))
        {
            if (string.Equals(stream.Stream.Kind, EntityKinds.Copy, StringComparison.Ordinal))
                await system.Entity(EntityKinds.Copy, stream.Stream.Id).TellAsync(
                    message, cancellationToken: cancellation);
        }
    }

    /// <summary>Wakes every copy in the ledger: each looks for its process.</summary>
    public Task ResumeAsync(CancellationToken cancellation) => TellAllAsync(_system, _ledger, Wake.Up, cancellation);

    /// <inheritdoc/>
    public async ValueTask OnConnectedAsync(LinkWelcome welcome)
    {
        _send(await FactsAsync());
        NoteLeftovers();
        await TellAllAsync(_system, _ledger, new LinkCameUp(), CancellationToken.None);
    }

    /// <inheritdoc/>
    public ValueTask OnDisconnectedAsync(LinkEnd end) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask OnMessageAsync(object message, CancellationToken ended)
    {
        switch (message)
        {
            case Order order:
                await _system.Entity(EntityKinds.Copy, order.Stamp.Vm.Value).TellAsync(
                    new OrderGiven(order), cancellationToken: ended);
                break;
            case OverlayPlace place:
                _tools.Network?.Overlays?.Told(place);
                break;
            case LineWatch watch:
                _lines.Take(watch);
                break;
            default:
                throw new LinkProtocolException(
                    LinkFault.UnknownMessage, $"a coordinator does not send {message.GetType().Name}");
        }
    }

    /// <summary>Looks for leftovers, and at other sites, no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _looking.DisposeAsync();
        await _lines.DisposeAsync();
    }

    private void LeftoversChanged()
    {
        _ = TellFactsAsync();
        NoteLeftovers();
    }

    private void NoteLeftovers()
    {
        lock (_lock)
        {
            if (_rhythm.Changed(_tools.Leftovers.Look()))
                LookIn(_rhythm.NextMs);
        }
    }

    private void LookAgain()
    {
        lock (_lock)
        {
            if (_rhythm.Looked(_tools.Leftovers.Look()))
                _ = TellFactsAsync();
            LookIn(_rhythm.NextMs);
        }
    }

    private void LookIn(int milliseconds) =>
        _looking.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);

    private async Task TellFactsAsync() => _send(await FactsAsync());

    private async Task<HostFacts> FactsAsync()
    {
        string? hypervisor = null;
        string? problem = null;
        try
        {
            var facts = await _tools.Hypervisor.ProbeAsync(CancellationToken.None);
            hypervisor = $"{_tools.Hypervisor.Name} {facts.Version} ({facts.Accelerator})";
        }
        catch (HypervisorException e)
        {
            problem = e.Message;
        }

        return new HostFacts(
            hypervisor, problem, _tools.Capacity.TotalBytes, _tools.Capacity.FreeBytes, _tools.Options.Advertised)
        {
            Leftovers = _tools.Leftovers.Look() is { Count: > 0 } left ? left : null,
            Underlay = _tools.Network?.Underlay,
            Detours = _tools.Network?.Detours.All is { Count: > 0 } detours ? detours : null,
        };
    }

    private sealed class ReportSink(Func<object, bool> send) : IReportSink
    {
        public bool TrySend(Report report) => send(report);
    }
}
