using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>One role of this host in one move.</summary>
internal sealed record NetworkPart(INetworkRedirector Redirector, NetworkMove Move)
{
    /// <summary>It belongs to a router, not to this host's own end.</summary>
    public bool IsRouter => Move.Role == NetworkRole.Router;

    /// <summary>The parts of a host at an end of a migration, in the order of doing.</summary>
    public static IReadOnlyList<NetworkPart> Of(NetworkTools tools, Stamp stamp, NetworkSpec spec, Side side, NetworkEnds ends)
    {
        var move = new NetworkMove
        {
            Vm = stamp.Vm,
            Migration = stamp.Migration!.Value,
            Attempt = Math.Max(1, stamp.Attempt),
            Spec = spec,
            Role = side == Side.Target ? NetworkRole.Target : NetworkRole.Source,
            Source = ends.Source,
            Target = ends.Target,
            Tunnel = ends.Tunnel,
            Members = ends.Members,
            NamedAddresses = ends.Named ?? [],
        };
        var parts = new List<NetworkPart> { new(tools.Redirector, move) };
        if (side == Side.Source && spec.Kind == NetworkKind.Tunnel && ends is { Source: not null, Target: not null })
            parts.Add(new NetworkPart(tools.Redirector, move with { Role = NetworkRole.Anchor }));
        parts.AddRange(RoutersOf(tools, move));
        return parts;
    }

    /// <summary>The parts of a host at which a VM is started.</summary>
    public static IReadOnlyList<NetworkPart> OfStart(
        NetworkTools tools, VmId vm, string directory, NetworkSpec spec, HostId host)
    {
        var move = new NetworkMove
        {
            Vm = vm,
            Migration = NameOf(directory),
            Spec = spec,
            Role = NetworkRole.Target,
            Target = tools.Underlay is { } underlay ? new NetworkEnd(host, underlay) : null,
            Members = tools.Underlay is { } own ? [own, .. Known(tools).Where(m => m != own)] : [],
        };
        return [new NetworkPart(tools.Redirector, move), .. RoutersOf(tools, move)];
    }

    /// <summary>The parts of a host at which a VM has ended; its routers lead to it no more.</summary>
    public static IReadOnlyList<NetworkPart> OfEnd(
        NetworkTools tools, VmId vm, string directory, NetworkSpec spec, HostId host)
    {
        var move = new NetworkMove
        {
            Vm = vm,
            Migration = NameOf(directory),
            Spec = spec,
            Role = NetworkRole.Source,
            Source = tools.Underlay is { } underlay ? new NetworkEnd(host, underlay) : null,
        };
        return [new NetworkPart(tools.Redirector, move), .. RoutersOf(tools, move)];
    }

    /// <summary>What has begun for a VM on this host and has not ended: its coming, and its going.</summary>
    public static (IReadOnlyList<NetworkPart> Here, IReadOnlyList<NetworkPart> Away) Open(
        NetworkTools tools, VmId vm, HostId host)
    {
        var open = new[] { tools.Redirector }.Concat(tools.Routers.Select(r => r.Redirector))
            .SelectMany(r => r.Open().Where(n => n.Move.Vm == vm).Select(n => new NetworkPart(r, n.Move)))
            .OrderBy(p => p.IsRouter).ToList();
        // The old address goes on arriving at an anchor when the move is long over.
        open.RemoveAll(static p => p.Move.Role == NetworkRole.Anchor);
        return ([.. open.Where(p => p.Move.Target?.Host == host)], [.. open.Where(p => p.Move.Target?.Host != host)]);
    }

    /// <summary>
    /// An announcement before the guest runs would lead switches to a host that may yet give it back; and a source that
    /// cannot pass on had better keep what comes, for then it has it when the attempt is rolled back.
    /// </summary>
    public static bool MayTurnEarly(NetworkMove move) => move.Spec.Kind switch
    {
        NetworkKind.Announce => false,
        NetworkKind.Vxlan => move.Source is not null,
        _ => move.Role == NetworkRole.Target || move.HasTunnel(),
    };

    private static IEnumerable<NetworkPart> RoutersOf(NetworkTools tools, NetworkMove move)
    {
        if (move is { Source: null, Target: null } || move.Spec.Kind is not (NetworkKind.Routed or NetworkKind.Vxlan))
            return [];
        return tools.Routers.Select(router => new NetworkPart(router.Redirector, move with
        {
            Role = NetworkRole.Router,
            SourceVia = move.Source is { } source && router.Via.TryGetValue(source.Host, out var from) ? from : null,
            TargetVia = move.Target is { } target && router.Via.TryGetValue(target.Host, out var to) ? to : null,
        }));
    }

    private static IEnumerable<HostAddress> Known(NetworkTools tools) =>
        tools.Overlays?.Members.Take(Limits.Network.MembersMax - 1) ?? [];

    // A start has no migration; its directory tells one from the next: web/e3 becomes web-e3.
    private static MigrationId NameOf(string directory) => MigrationId.Of(directory.Replace('/', '-'));
}
