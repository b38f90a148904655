using System.Globalization;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// Each entry as what the kernel is asked and told. An entry of an interface that is gone is gone with it.
/// </summary>
internal static class KernelEntries
{
    public static NetworkEntry? Read(KernelNetwork network, NetlinkRoute kernel, NetworkEntry key) => key switch
    {
        MachineRoute route => ReadRoute(network, kernel, route),
        SenderRule rule => kernel.Rules(rule.From.IsV6)
            .Contains(new RuleFacts(rule.From, rule.Input, rule.Table, rule.Priority)) ? rule : null,
        LinkSetting setting => network.Setting(setting.Path) is { } value ? setting with { Value = value } : null,
        PortEntry port => kernel.Link(port.Bridge) is { } bridge ? ReadPort(network, kernel, port, bridge) : null,
        _ => kernel.Link(LinkOf(key)) is { } link ? ReadOfLink(network, kernel, key, link) : null,
    };

    public static void Put(KernelNetwork network, NetlinkRoute kernel, NetworkEntry entry)
    {
        switch (entry)
        {
            case TapLink tap:
                network.CreateTap(tap.Link);
                break;
            case VxlanLink vxlan:
                // Nothing of an interface that is set up otherwise is worth keeping; the precheck refuses other
                // people's.
                if (kernel.Link(vxlan.Link) is { } old)
                    kernel.DeleteLink(old.Index);
                kernel.CreateVxlan(vxlan.Link, vxlan.Vxlan);
                break;
            case LinkMac mac:
                kernel.SetMac(network.Index(mac.Link).Index, mac.Mac);
                break;
            case LinkMtu mtu:
                kernel.SetMtu(network.Index(mtu.Link).Index, mtu.Mtu);
                break;
            case LinkQueue queue:
                kernel.SetQueueLength(network.Index(queue.Link).Index, queue.Packets);
                break;
            case LinkUp up:
                kernel.SetUp(network.Index(up.Link).Index, up.Up);
                break;
            case LinkMaster master:
                kernel.SetMaster(
                    network.Index(master.Link).Index, master.Master is { } name ? network.Index(name).Index : 0);
                break;
            case PortLearning port:
                kernel.SetPortLearning(network.Index(port.Link).Index, port.Learning);
                break;
            case LinkAddress address:
                kernel.AddAddress(network.Index(address.Link).Index, address.Address);
                break;
            case MachineRoute route:
                kernel.ReplaceRoute(Facts(network, route));
                break;
            case MachineNeighbour neighbour:
                kernel.ReplaceNeighbour(network.Index(neighbour.Link).Index, neighbour.Address, neighbour.Mac);
                break;
            case PortEntry port:
                kernel.ReplacePort(network.Index(port.Port).Index, port.Mac, port.IsStatic);
                break;
            case RemoteEntry remote:
                kernel.ReplaceRemote(network.Index(remote.Link).Index, remote.Mac, remote.Host);
                break;
            case FloodEntry flood:
                kernel.AddFlooded(network.Index(flood.Link).Index, flood.Host);
                break;
            case SenderRule rule:
                kernel.AddRule(new RuleFacts(rule.From, rule.Input, rule.Table, rule.Priority));
                break;
            case LinkSetting setting:
                network.Set(setting);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(entry), entry, "no entry that can be written");
        }
    }

    public static void Remove(NetlinkRoute kernel, NetworkEntry entry)
    {
        switch (entry)
        {
            case MachineRoute route:
                kernel.DeleteRoute(new RouteFacts(route.To, route.IsV6, route.Table, 0, null, OnLink: false));
                return;
            case SenderRule rule:
                kernel.DeleteRule(new RuleFacts(rule.From, rule.Input, rule.Table, rule.Priority));
                return;
            case PortEntry port:
                if (kernel.Link(port.Port) is { } bridgePort)
                    kernel.DeletePort(bridgePort.Index, port.Mac);
                return;
            case LinkSetting or LinkMac or LinkMtu or LinkQueue or LinkUp or PortLearning:
                return; // goes with its interface, and cannot go without
        }

        if (kernel.Link(LinkOf(entry)) is not { } link)
            return;
        switch (entry)
        {
            case TapLink or VxlanLink:
                kernel.DeleteLink(link.Index);
                break;
            case LinkMaster:
                kernel.SetMaster(link.Index, 0);
                break;
            case LinkAddress address:
                kernel.DeleteAddress(link.Index, address.Address);
                break;
            case MachineNeighbour neighbour:
                kernel.DeleteNeighbour(link.Index, neighbour.Address);
                break;
            case RemoteEntry remote:
                kernel.DeleteRemote(link.Index, remote.Mac);
                break;
            case FloodEntry flood:
                kernel.DeleteFlooded(link.Index, flood.Host);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(entry), entry, "no entry that can be removed");
        }
    }

    private static NetworkEntry? ReadOfLink(
        KernelNetwork network, NetlinkRoute kernel, NetworkEntry key, LinkFacts link) => key switch
        {
            TapLink or VxlanLink => ReadLink(link),
            LinkMac mac => mac with { Mac = link.Mac ?? default },
            LinkMtu mtu => mtu with { Mtu = link.Mtu },
            LinkQueue queue => queue with { Packets = link.QueueLength },
            LinkUp up => up with { Up = link.IsUp },
            LinkMaster master => master with { Master = network.NameOf(link.Master) },
            PortLearning port => link.PortLearning is { } learning ? port with { Learning = learning } : null,
            LinkAddress address => kernel.Addresses().Contains(new AddressFacts(link.Index, address.Address)) ? address : null,
            // One that was learned comes back by itself, and is no value to keep.
            MachineNeighbour neighbour => kernel.Neighbour(link.Index, neighbour.Address)
                is { IsPermanent: true, Mac: { } mac } ? neighbour with { Mac = mac } : null,
            RemoteEntry remote => ReadRemote(kernel.Remotes(link.Index, remote.Mac), remote),
            FloodEntry flood => kernel.Flooded(link.Index).Any(f => f.Address == flood.Host) ? flood : null,
            _ => throw new ArgumentOutOfRangeException(nameof(key), key, "no entry that can be read"),
        };

    private static NetworkEntry ReadLink(LinkFacts link) => link switch
    {
        { Kind: LinkKinds.Tun } => new TapLink(link.Name),
        { Vxlan: { } vxlan } => new VxlanLink(link.Name, vxlan),
        _ => throw new NetworkException(
            NetworkFault.ForeignEntry, link.Name, $"it is an interface of kind '{link.Kind}', neither TAP nor VXLAN",
            "Rename it, or give the VM's network another name."),
    };

    private static MachineRoute? ReadRoute(KernelNetwork network, NetlinkRoute kernel, MachineRoute key)
    {
        if (kernel.Route(key.To, key.IsV6, key.Table) is not { } route)
            return null;
        return !route.IsForeign
            ? new MachineRoute(route.To, route.IsV6, route.Table, network.NameOf(route.Link), route.Via) { OnLink = route.OnLink }
            : throw new NetworkException(
                NetworkFault.ForeignEntry, key.Key, "it is a route of several hops, or of another type",
                "Take it away, or give it another metric: it could not be put back as it is.");
    }

    private static PortEntry? ReadPort(KernelNetwork network, NetlinkRoute kernel, PortEntry key, LinkFacts bridge)
    {
        if (kernel.PortOf(bridge.Index, key.Mac) is not { } found || network.NameOf(found.Link) is not { } port)
            return null;
        return !found.IsLocal
            ? key with { Port = port, IsStatic = found.IsPermanent }
            : throw new NetworkException(
                NetworkFault.MacInUse, key.Key, $"{key.Mac} is the bridge's or its port {port}'s own address",
                "Give the VM or the interface another MAC address.");
    }

    private static RemoteEntry? ReadRemote(IReadOnlyList<NeighbourFacts> found, RemoteEntry key) => found switch
    {
        [] => null,
        [{ Address: { } host }] => key with { Host = host },
        _ => throw new NetworkException(
            NetworkFault.ForeignEntry, key.Key,
            string.Create(CultureInfo.InvariantCulture, $"it has {found.Count} hosts, or none that is an address"),
            "Take the entry away with 'bridge fdb del': it could not be put back as it is."),
    };

    private static RouteFacts Facts(KernelNetwork network, MachineRoute route) => new(
        route.To, route.IsV6, route.Table, route.Link is { } link ? network.Index(link).Index : 0, route.Via, route.OnLink);

    private static string LinkOf(NetworkEntry entry) => entry switch
    {
        TapLink e => e.Link,
        VxlanLink e => e.Link,
        LinkMac e => e.Link,
        LinkMtu e => e.Link,
        LinkQueue e => e.Link,
        LinkUp e => e.Link,
        LinkMaster e => e.Link,
        PortLearning e => e.Link,
        LinkAddress e => e.Link,
        MachineNeighbour e => e.Link,
        RemoteEntry e => e.Link,
        FloodEntry e => e.Link,
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry, "no entry of an interface"),
    };
}
