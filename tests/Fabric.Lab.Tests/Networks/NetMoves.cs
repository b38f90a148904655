using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>The same move as each of its hosts sees it.</summary>
internal sealed class NetMoves(NetworkSpec spec, string sourceUnderlay, string targetUnderlay)
{
    public static readonly MacAddress Mac = MacAddress.Of("52:54:00:aa:00:01");

    private readonly NetworkMove _move = new()
    {
        Vm = VmId.Of("v1"),
        Migration = MigrationId.Of("v1-m1"),
        Spec = spec,
        Role = NetworkRole.Target,
        Source = new NetworkEnd(HostId.Of("a"), HostAddress.Of(sourceUnderlay)),
        Target = new NetworkEnd(HostId.Of("b"), HostAddress.Of(targetUnderlay)),
        Tunnel = 77,
        Members = [HostAddress.Of(sourceUnderlay), HostAddress.Of(targetUnderlay)],
    };

    public NetworkMove Target => _move;

    public NetworkMove Source => _move with { Role = NetworkRole.Source };

    public NetworkMove Router => _move with { Role = NetworkRole.Router };

    public NetworkMove Vtep => _move with { Role = NetworkRole.Vtep };

    public NetworkMove Anchor => _move with { Role = NetworkRole.Anchor };

    /// <summary>The start of the VM on the source.</summary>
    public NetworkMove Start => _move with
    {
        Migration = MigrationId.Of("v1-start"),
        Source = null,
        Target = _move.Source,
    };

    /// <summary>All steps of a start.</summary>
    public static async Task StartAsync(NetworkRedirector host, NetworkMove start)
    {
        await host.PrecheckAsync(start, default);
        await host.PrepareAsync(start, default);
        await host.ActivateAsync(start, default);
        await host.ReleaseAsync(start, default);
    }
}
