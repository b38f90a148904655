using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>Whether a bridge can serve a VM that is somewhere else now.</summary>
internal static class TargetBridge
{
    public static void Check(NetworkSpec spec, LinkFacts bridge, NetworkPlace place, INetworkState state)
    {
        // An overlay's bridge has its tunnel as its way out; the host's uplink is a port of another.
        var uplink = spec.Kind == NetworkKind.Announce ? Uplink(bridge, place, state) : null;
        var narrowest = uplink ?? bridge;
        if (spec.Kind == NetworkKind.Announce && narrowest.Mtu < spec.Mtu)
            throw new NetworkException(
                NetworkFault.OverlayMtu, narrowest.Name, $"it takes {narrowest.Mtu} bytes, the VM sends {spec.Mtu}",
                "Raise its MTU, or lower the VM's.");
        LivesElsewhere(spec, bridge, uplink, state);
        if (spec.Kind == NetworkKind.Announce)
            Answers(spec, bridge, state);
    }

    private static LinkFacts? Uplink(LinkFacts bridge, NetworkPlace place, INetworkState state)
    {
        if (place.Uplink is not { } name)
            return null;
        var uplink = state.Link(name) ?? throw KernelNetwork.Missing(name);
        if (uplink.Master != bridge.Index)
            throw NetworkPrecheck.Unfit(
                name, $"the uplink is not a port of {bridge.Name}", "Correct the host's uplink, or the VM's bridge.");
        return uplink.IsUp
            ? uplink
            : throw NetworkPrecheck.Unfit(name, "the uplink is down", $"Set it up: 'ip link set {name} up'.");
    }

    // Behind the uplink, or an overlay, is where it should be: it has not come yet.
    private static void LivesElsewhere(NetworkSpec spec, LinkFacts bridge, LinkFacts? uplink, INetworkState state)
    {
        if (state.PortOf(bridge.Index, spec.Mac!.Value) is not { } entry
            || state.Links().FirstOrDefault(l => l.Index == entry.Link) is not { } port)
            return;
        var isHere = uplink is not null
            ? port.Index != uplink.Index
            : port.Kind is LinkKinds.Tun;
        if (entry.IsLocal || (isHere && !string.Equals(port.Name, spec.Tap, StringComparison.Ordinal)))
            throw new NetworkException(
                NetworkFault.MacInUse, port.Name, $"{spec.Mac} is the address of a machine behind it, on this host",
                "Two machines have one MAC address: give one of them another.");
    }

    // The only way to see a wrong VLAN or a cable to another network: somebody must answer.
    private static void Answers(NetworkSpec spec, LinkFacts bridge, INetworkState state)
    {
        foreach (var gateway in spec.Gateways.Where(g => !g.Address.IsV6))
        {
            if (state.WhoHas(bridge.Name, gateway.Address) is null)
                throw new NetworkException(
                    NetworkFault.GatewaySilent, bridge.Name, $"the VM's gateway {gateway.Address} does not answer there",
                    "The bridge leads to another network (wrong VLAN, wrong port) or to none.");
        }

        foreach (var address in spec.Addresses.Where(a => !a.IsV6))
        {
            if (state.WhoHas(bridge.Name, address) is { } owner && owner != spec.Mac)
                throw new NetworkException(
                    NetworkFault.AddressInUse, address.Value, $"{owner} answers for the VM's address, not {spec.Mac}",
                    "Two machines have one address: give one of them another.");
        }
    }
}
