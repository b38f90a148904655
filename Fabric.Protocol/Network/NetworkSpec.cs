namespace Fabric.Protocol;

/// <summary>How a VM's addresses come along when it moves. A closed list; numbers are never reused.</summary>
public enum NetworkKind
{
    /// <summary>It has no network, or somebody else looks after it.</summary>
    None = 1,

    /// <summary>One Ethernet on both sides: the target announces that the MAC has moved.</summary>
    Announce = 2,

    /// <summary>An overlay with explicit forwarding entries on each of its hosts.</summary>
    Vxlan = 3,

    /// <summary>A route to the VM alone; the default between sites.</summary>
    Routed = 4,

    /// <summary>No common routing: the old address is tunnelled, and a name leads new connections.</summary>
    Tunnel = 5,
}

/// <summary>
/// What a VM's network is, the same on each host that may run it. What differs from host to host is in
/// <see cref="NetworkPlace"/>, what differs from move to move in <see cref="NetworkMove"/>.
/// </summary>
public sealed record NetworkSpec
{
    /// <summary>How it moves.</summary>
    public required NetworkKind Kind { get; init; }

    /// <summary>The VM's MAC address.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>The VM's addresses.</summary>
    public IReadOnlyList<HostAddress> Addresses { get; init; } = [];

    /// <summary>The TAP interface behind the VM's network card, by the same name on each host.</summary>
    public string? Tap { get; init; }

    /// <summary>The bridge that the TAP is a port of: announce and vxlan.</summary>
    public string? Bridge { get; init; }

    /// <summary>The overlay's number: vxlan.</summary>
    public int? Vni { get; init; }

    /// <summary>What the VM's network card sends at most, in bytes of IP.</summary>
    public int Mtu { get; init; } = Limits.Network.MtuDefault;

    /// <summary>
    /// The gateways that the VM uses. Announce: asked for in the precheck. Vxlan: given to the bridge of each host.
    /// Routed
    /// and tunnel: given to the TAP.
    /// </summary>
    public IReadOnlyList<InterfaceAddress> Gateways { get; init; } = [];

    /// <summary>
    /// The gateways' MAC address, one everywhere, so that the VM keeps its neighbours: all but announce.
    /// </summary>
    public MacAddress? GatewayMac { get; init; }

    /// <summary>
    /// Routed: routers send to the target in advance, and the target passes on to the source until the flip.
    /// </summary>
    public bool Relay { get; init; } = true;

    /// <summary>Tunnel: the name for new connections.</summary>
    public DnsSpec? Dns { get; init; }

    /// <summary>The overlay's interface on each host.</summary>
    public string VxlanLink() => $"fvx{Vni}";

    /// <summary>What is wrong with the specification by itself, in words; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults() =>
        Kind == NetworkKind.None ? [.. NoneFaults()] : [.. CommonFaults(), .. KindFaults(), .. AddressFaults()];

    /// <summary>Whether two specifications describe the same network.</summary>
    public bool SameAs(NetworkSpec other) =>
        this with { Addresses = [], Gateways = [] } == (other with { Addresses = [], Gateways = [] })
        && Addresses.SequenceEqual(other.Addresses) && Gateways.SequenceEqual(other.Gateways);

    private IEnumerable<string> NoneFaults()
    {
        if ((Tap ?? Bridge) is not null || Mac is not null || Addresses.Count > 0 || Vni is not null)
            yield return "a network of kind none has nothing else; say which kind it is";
    }

    private IEnumerable<string> CommonFaults()
    {
        if (!Enum.IsDefined(Kind))
            yield return $"{(int)Kind} is not a kind of network";
        if (Mac is not { } mac)
            yield return "the MAC address is missing";
        else if (mac.IsGroup || mac.Bits == 0)
            yield return $"{mac} is not the MAC address of one machine";
        if (!LinkNames.IsValid(Tap))
            yield return LinkFault("TAP", Tap);
        var least = Addresses.Any(a => a.IsV6) ? Limits.Network.MtuMinV6 : Limits.Network.MtuMin;
        if (Mtu < least || Mtu > Limits.Network.MtuMax)
            yield return $"an MTU of {Mtu} is outside {least} to {Limits.Network.MtuMax}";
        if (GatewayMac is { } gateway && (gateway == Mac || gateway.IsGroup || gateway.Bits == 0))
            yield return $"the gateway's MAC address {gateway} must be that of one machine, and not the VM's";
    }

    private IEnumerable<string> KindFaults()
    {
        var bridged = Kind is NetworkKind.Announce or NetworkKind.Vxlan;
        if (bridged && !LinkNames.IsValid(Bridge))
            yield return LinkFault("bridge", Bridge);
        if (bridged && string.Equals(Bridge, Tap, StringComparison.Ordinal))
            yield return $"the bridge and the TAP have one name, '{Names.Shown(Tap)}'";
        if (!bridged && Bridge is not null)
            yield return $"a network of kind {Kind} has no bridge, but '{Names.Shown(Bridge)}' is named";
        if (Kind == NetworkKind.Vxlan && Vni is not (> 0 and <= Limits.Network.VniMax))
            yield return $"the overlay's number {Vni} is outside 1 to {Limits.Network.VniMax}";
        if (Kind != NetworkKind.Vxlan && Vni is not null)
            yield return $"a network of kind {Kind} has no overlay, but {Vni} is named";
        if (!bridged && GatewayMac is null)
            yield return "the gateway's MAC address is missing: the same on each host, or the VM loses its gateway";
        if (Kind == NetworkKind.Vxlan && Gateways.Count > 0 && GatewayMac is null)
            yield return "gateways on each host need one MAC address for all";
        if (Kind != NetworkKind.Tunnel && Dns is not null)
            yield return $"a network of kind {Kind} changes no DNS";
        foreach (var fault in Dns?.Faults() ?? [])
            yield return fault;
    }

    private IEnumerable<string> AddressFaults()
    {
        if (Kind is NetworkKind.Routed or NetworkKind.Tunnel && Addresses.Count == 0)
            yield return $"a network of kind {Kind} needs the VM's addresses";
        if (Addresses.Count > Limits.Network.AddressesMax || Gateways.Count > Limits.Network.AddressesMax)
            yield return $"more than {Limits.Network.AddressesMax} addresses or gateways";
        if (Addresses.Distinct().Count() != Addresses.Count)
            yield return "an address is there twice";
        foreach (var gateway in Gateways)
        {
            if (Addresses.Contains(gateway.Address))
                yield return $"{gateway.Address} is both the VM's address and its gateway";
            if (Addresses.Count > 0 && Addresses.All(a => a.IsV6 != gateway.Address.IsV6))
                yield return $"the gateway {gateway} is of another family than all of the VM's addresses";
        }
    }

    private static string LinkFault(string what, string? name) => name is null
        ? $"the {what} is missing"
        : $"the {what} '{Names.Shown(name)}' is not an interface's name of 1 to {Limits.Network.LinkNameLengthMax} characters";
}
