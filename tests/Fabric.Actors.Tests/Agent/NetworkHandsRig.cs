using Fabric.Actors.Agent;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Fabric.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>The network of one VM, on a host of its own, with steps that are noted and fail where a test says.</summary>
public abstract class NetworkHandsRig : IAsyncDisposable
{
    private protected static readonly VmId Vm = VmId.Of("web");
    private protected static readonly HostId A = HostId.Of("a");
    private protected static readonly HostId B = HostId.Of("b");
    private protected static readonly Stamp Attempt = new(Vm, MigrationId.Of("web-m4"), 4, 1, 1);
    private protected static readonly NetworkEnds Ends = new(
        new NetworkEnd(A, HostAddress.Of("10.9.0.1")), new NetworkEnd(B, HostAddress.Of("10.9.0.2")))
    {
        Tunnel = 7,
    };

    private protected static readonly NetworkSpec Routed = new()
    {
        Kind = NetworkKind.Routed,
        Mac = MacAddress.Of("52:54:00:aa:00:01"),
        Addresses = [HostAddress.Of("10.1.0.7")],
        Tap = "vweb",
        GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
    };

    private protected static readonly VmSpec Spec = new() { Id = Vm, MemoryKiB = 65_600, Network = Routed };

    private readonly List<string> _calls = [];
    private readonly VirtualTime _time = new();
    private readonly List<NetworkHands> _made = [];

    protected NetworkHandsRig() => (Own, Router) = (new(_calls), new(_calls, "router "));

    private protected ScriptedRedirector Own { get; }

    private protected ScriptedRedirector Router { get; }

    /// <summary>Those of the host that was made last.</summary>
    private protected NetworkTools? Network { get; private set; }

    public async ValueTask DisposeAsync()
    {
        foreach (var hands in _made)
            await hands.DisposeAsync();
    }

    private protected static StartIncoming Incoming(int attempt = 1) => new(
        Spec, $"web/e1-t4-a{attempt}", Attempt with { Attempt = attempt }, A)
    {
        Network = Ends,
    };

    private protected static BeginTransfer Begin() =>
        new(Attempt, B, new DataEndpoint("b", 1), "ticket", new TransferPolicy(0, 300)) { Network = Ends };

    private protected async Task<NetworkHands> SourceAsync(bool sends = true)
    {
        var hands = Hands("a");
        await hands.PrepareStartAsync(Spec, "web/e1");
        await hands.BeforeRunAsync();
        hands.Ran();
        await UntilAsync(8);
        if (sends)
            await hands.PrepareSourceAsync(Begin());
        Calls();
        return hands;
    }

    private protected NetworkHands Hands(string host, bool looksAfter = true, VmId? vm = null)
    {
        var hands = new NetworkHands(Tools(host, looksAfter), vm ?? Vm);
        _made.Add(hands);
        return hands;
    }

    private protected AgentTools Tools(string host, bool looksAfter = true)
    {
        var options = new AgentOptions
        {
            Host = HostId.Of(host),
            MachinesDirectory = "/nowhere",
            Advertised = new DataEndpoint(host, 1),
        };
        return new AgentTools(
            options, null!, new HostCapacity(options), null!, null!, null!, null!, _time, NullLogger.Instance)
        {
            Network = Network = looksAfter
                ? new NetworkTools(
                    Own, HostAddress.Of(host is "a" ? "10.9.0.1" : "10.9.0.2"),
                    [new NetworkRouter(Router, new Dictionary<HostId, HostAddress>())])
                : null,
        };
    }

    /// <summary>What was asked for since the last look.</summary>
    private protected List<string> Calls()
    {
        lock (_calls)
        {
            List<string> calls = [.. _calls];
            _calls.Clear();
            return calls;
        }
    }

    private protected async Task UntilAsync(int calls)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            lock (_calls)
            {
                if (_calls.Count >= calls)
                    return;
            }

            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Waits for somebody to wait so long, and lets that time pass.</summary>
    private protected async Task PassAsync(int ms)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_time.NextDue is not { } due || due - _time.Elapsed != TimeSpan.FromMilliseconds(ms))
        {
            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        _time.AdvanceBy(TimeSpan.FromMilliseconds(ms));
    }
}
