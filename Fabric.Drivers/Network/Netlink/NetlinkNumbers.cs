namespace Fabric.Drivers.Network.Netlink;

// Numbers of the kernel's interface (linux/netlink.h, rtnetlink.h, if_link.h, neighbour.h, fib_rules.h), by its own
// names.

/// <summary>Types of messages.</summary>
internal static class MessageType
{
    public const ushort NoOperation = 1;
    public const ushort Error = 2;
    public const ushort Done = 3;
    public const ushort Overrun = 4;
    public const ushort NewLink = 16;
    public const ushort DelLink = 17;
    public const ushort GetLink = 18;
    public const ushort NewAddress = 20;
    public const ushort DelAddress = 21;
    public const ushort GetAddress = 22;
    public const ushort NewRoute = 24;
    public const ushort DelRoute = 25;
    public const ushort GetRoute = 26;
    public const ushort NewNeighbour = 28;
    public const ushort DelNeighbour = 29;
    public const ushort GetNeighbour = 30;
    public const ushort NewRule = 32;
    public const ushort DelRule = 33;
    public const ushort GetRule = 34;
}

/// <summary>
/// Flags of a message's head. What a bit means depends on the message: a request to get, to make, or an answer.
/// </summary>
[Flags]
internal enum MessageFlags : ushort
{
    None = 0,
    Request = 0x1,
    Multi = 0x2,
    Ack = 0x4,
    DumpInterrupted = 0x10,
    Replace = 0x100,
    Exclusive = 0x200,
    Create = 0x400,
    Append = 0x800,
    Dump = 0x300,
    CappedError = 0x100,
    ErrorHasAttributes = 0x200,
}

/// <summary>Families of addresses and tables.</summary>
internal static class Family
{
    public const byte Any = 0;
    public const byte V4 = 2;
    public const byte Bridge = 7;
    public const byte V6 = 10;
}

/// <summary>Attributes, each set named after its message.</summary>
internal static class Attribute
{
    public const ushort Nested = 0x8000;
    public const ushort TypeMask = 0x3fff;

    public const ushort ErrorText = 1;
    public const ushort ErrorOffset = 2;

    public const ushort LinkAddress = 1;
    public const ushort LinkName = 3;
    public const ushort LinkMtu = 4;
    public const ushort LinkMaster = 10;
    public const ushort LinkQueueLength = 13;
    public const ushort LinkInfo = 18;
    public const ushort LinkStatistics = 23;
    public const ushort LinkNamespace = 28;
    public const ushort InfoKind = 1;
    public const ushort InfoData = 2;
    public const ushort InfoPortKind = 4;
    public const ushort InfoPortData = 5;
    public const ushort VxlanId = 1;
    public const ushort VxlanRemote = 2;
    public const ushort VxlanLocal = 4;
    public const ushort VxlanLearning = 7;
    public const ushort VxlanPort = 15;
    public const ushort VxlanRemote6 = 16;
    public const ushort VxlanLocal6 = 17;
    public const ushort VethPeer = 1;
    public const ushort BridgeForwardDelay = 1;
    public const ushort BridgeStp = 5;
    public const ushort PortLearning = 8;

    public const ushort AddressAddress = 1;
    public const ushort AddressLocal = 2;

    public const ushort RouteDestination = 1;
    public const ushort RouteDevice = 4;
    public const ushort RouteGateway = 5;
    public const ushort RouteMetric = 6;
    public const ushort RouteMultipath = 9;
    public const ushort RouteTable = 15;
    public const ushort RouteVia = 18;
    public const ushort RouteEncapsulationType = 21;
    public const ushort RouteNextHopId = 30;

    public const ushort NeighbourDestination = 1;
    public const ushort NeighbourMac = 2;
    public const ushort NeighbourVlan = 5;
    public const ushort NeighbourMaster = 9;

    public const ushort RuleSource = 2;
    public const ushort RuleInput = 3;
    public const ushort RulePriority = 6;
    public const ushort RuleTable = 15;
}

/// <summary>States and flags of neighbours and forwarding entries.</summary>
internal static class Neighbour
{
    public const ushort Reachable = 0x02;
    public const ushort Stale = 0x04;
    public const ushort NoArp = 0x40;
    public const ushort Permanent = 0x80;
    public const byte Self = 0x02;
    public const byte Master = 0x04;
}

/// <summary>What a link is and does.</summary>
[Flags]
internal enum LinkFlags : uint
{
    None = 0,
    Up = 0x1,
    LowerUp = 0x10000,
}

/// <summary>Fields of a route.</summary>
internal static class RouteField
{
    public const byte TableMain = 254;
    public const byte ProtocolStatic = 4;
    public const byte ScopeUniverse = 0;
    public const byte ScopeLink = 253;
    public const byte ScopeNowhere = 255;
    public const byte Unicast = 1;
    public const uint OnLink = 4;

    /// <summary>What the kernel gives an IPv6 route that names none; an IPv4 route has 0.</summary>
    public const uint MetricV6 = 1024;
}
