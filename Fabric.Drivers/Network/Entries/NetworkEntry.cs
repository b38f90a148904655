using System.Text.Json.Serialization;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// One thing that a move changes in the kernel, with its value. Entries with one key are values of one thing, of which
/// the
/// kernel holds one or none; so everything can be read, compared, written, and written back as it was.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "entry")]
[JsonDerivedType(typeof(TapLink), "tap")]
[JsonDerivedType(typeof(VxlanLink), "vxlan")]
[JsonDerivedType(typeof(LinkMac), "mac")]
[JsonDerivedType(typeof(LinkMtu), "mtu")]
[JsonDerivedType(typeof(LinkQueue), "queue")]
[JsonDerivedType(typeof(LinkUp), "up")]
[JsonDerivedType(typeof(LinkMaster), "master")]
[JsonDerivedType(typeof(PortLearning), "port-learning")]
[JsonDerivedType(typeof(LinkAddress), "address")]
[JsonDerivedType(typeof(MachineRoute), "route")]
[JsonDerivedType(typeof(MachineNeighbour), "neighbour")]
[JsonDerivedType(typeof(PortEntry), "port-entry")]
[JsonDerivedType(typeof(RemoteEntry), "remote-entry")]
[JsonDerivedType(typeof(FloodEntry), "flood-entry")]
[JsonDerivedType(typeof(SenderRule), "rule")]
[JsonDerivedType(typeof(LinkSetting), "setting")]
public abstract record NetworkEntry
{
    /// <summary>What it is a value of.</summary>
    [JsonIgnore]
    public abstract string Key { get; }

    /// <summary>Whether what was found is what this asks for.</summary>
    public virtual bool Accepts(NetworkEntry? found) => Equals(found);
}

/// <summary>A TAP interface that stays without a program that holds it.</summary>
public sealed record TapLink(string Link) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"link {Link}";

    /// <inheritdoc/>
    public override string ToString() => $"TAP {Link}";
}

/// <summary>An overlay's interface, or an end of a tunnel.</summary>
public sealed record VxlanLink(string Link, VxlanSettings Vxlan) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"link {Link}";

    /// <inheritdoc/>
    public override string ToString() => Vxlan.Remote is { } remote
        ? $"tunnel {Link} from {Vxlan.Local} to {remote}"
        : $"overlay {Vxlan.Vni} as {Link} from {Vxlan.Local}";
}

/// <summary>An interface's own MAC address.</summary>
public sealed record LinkMac(string Link, MacAddress Mac) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"mac {Link}";

    /// <inheritdoc/>
    public override string ToString() => $"{Link} has {Mac}";
}

/// <summary>What an interface sends at most.</summary>
public sealed record LinkMtu(string Link, int Mtu) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"mtu {Link}";

    /// <inheritdoc/>
    public override string ToString() => $"{Link} mtu {Mtu}";
}

/// <summary>Packets that an interface keeps.</summary>
public sealed record LinkQueue(string Link, int Packets) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"queue {Link}";

    /// <inheritdoc/>
    public override string ToString() => $"{Link} queue {Packets}";
}

/// <summary>An interface is up.</summary>
public sealed record LinkUp(string Link, bool Up) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"up {Link}";

    /// <inheritdoc/>
    public override string ToString() => $"{Link} {(Up ? "up" : "down")}";
}

/// <summary>An interface is a port of a bridge; null of none.</summary>
public sealed record LinkMaster(string Link, string? Master) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"master {Link}";

    /// <inheritdoc/>
    public override string ToString() => $"{Link} is a port of {Master ?? "no bridge"}";
}

/// <summary>Whether a bridge learns who is behind a port.</summary>
public sealed record PortLearning(string Link, bool Learning) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"port learning {Link}";

    /// <inheritdoc/>
    public override string ToString() => $"{Link} learning {(Learning ? "on" : "off")}";
}

/// <summary>An address of an interface.</summary>
public sealed record LinkAddress(string Link, InterfaceAddress Address) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"address {Link} {Address}";

    /// <inheritdoc/>
    public override string ToString() => $"address {Address} of {Link}";
}

/// <summary>A route to one machine, or a table's default route.</summary>
public sealed record MachineRoute(HostAddress? To, bool IsV6, uint Table, string? Link, HostAddress? Via) : NetworkEntry
{
    /// <summary>The next hop is behind the interface whatever the addresses say.</summary>
    public bool OnLink { get; init; }

    /// <inheritdoc/>
    public override string Key => $"route {Target} table {Table}";

    private string Target => To is { } to ? $"{to}/{to.Bits}" : IsV6 ? "::/0" : "0.0.0.0/0";

    /// <summary>When no interface is asked for, the kernel's choice is right.</summary>
    public override bool Accepts(NetworkEntry? found) =>
        found is MachineRoute route && Equals(Link is null ? route with { Link = null, OnLink = OnLink } : route);

    /// <inheritdoc/>
    public override string ToString() =>
        $"route {Target}{(Via is { } via ? $" via {via}" : "")}{(Link is null ? "" : $" dev {Link}")}"
        + (Table == RouteFacts.Main ? "" : $" table {Table}");
}

/// <summary>A neighbour that is known for good.</summary>
public sealed record MachineNeighbour(string Link, HostAddress Address, MacAddress Mac) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"neighbour {Link} {Address}";

    /// <inheritdoc/>
    public override string ToString() => $"neighbour {Address} is {Mac} dev {Link}";
}

/// <summary>Behind which port a bridge has an address; not static as if it had been learned.</summary>
public sealed record PortEntry(string Bridge, MacAddress Mac, string Port, bool IsStatic) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"port {Bridge} {Mac}";

    /// <summary>A static one is as good as one that is not.</summary>
    public override bool Accepts(NetworkEntry? found) =>
        found is PortEntry entry && Equals(IsStatic ? entry : entry with { IsStatic = false });

    /// <inheritdoc/>
    public override string ToString() => $"{Mac} behind {Port} of {Bridge}{(IsStatic ? ", static" : "")}";
}

/// <summary>Behind which host an overlay has an address.</summary>
public sealed record RemoteEntry(string Link, MacAddress Mac, HostAddress Host) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"remote {Link} {Mac}";

    /// <inheritdoc/>
    public override string ToString() => $"{Mac} behind {Host} of {Link}";
}

/// <summary>A host that gets what an overlay sends to everybody.</summary>
public sealed record FloodEntry(string Link, HostAddress Host) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"flood {Link} {Host}";

    /// <inheritdoc/>
    public override string ToString() => $"{Link} floods to {Host}";
}

/// <summary>What one sender sends into an interface is looked up in a table of its own.</summary>
public sealed record SenderRule(HostAddress From, string Input, uint Table, uint Priority) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"rule {From} {Input} {Table} {Priority}";

    /// <inheritdoc/>
    public override string ToString() => $"rule {Priority} from {From} iif {Input} lookup {Table}";
}

/// <summary>A setting under /proc/sys/net, of one interface.</summary>
/// <param name="Link">The interface.</param>
/// <param name="Group">As <c>ipv4/conf</c>.</param>
/// <param name="Name">As <c>proxy_arp</c>.</param>
/// <param name="Value">Its text.</param>
public sealed record LinkSetting(string Link, string Group, string Name, string Value) : NetworkEntry
{
    /// <inheritdoc/>
    public override string Key => $"setting {Path}";

    /// <summary>Its file below /proc/sys/net.</summary>
    [JsonIgnore]
    public string Path => $"{Group}/{Link}/{Name}";

    /// <inheritdoc/>
    public override string ToString() => $"{Path} = {Value}";
}
