using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>Kinds of interfaces, as the kernel names them.</summary>
public static class LinkKinds
{
    public const string Bridge = "bridge";
    public const string Vxlan = "vxlan";
    public const string Veth = "veth";

    /// <summary>TAP and TUN.</summary>
    public const string Tun = "tun";
}

/// <summary>An overlay's interface, or one end of a tunnel when it has a remote.</summary>
/// <param name="Vni">Its number.</param>
/// <param name="Local">This end.</param>
/// <param name="Remote">The only other end, or null for an overlay.</param>
/// <param name="Learning">Whether it learns who is where from what it receives. Across sites this does not
/// recover.</param>
public sealed record VxlanSettings(int Vni, HostAddress Local, HostAddress? Remote = null, bool Learning = false)
{
    /// <summary>The UDP port.</summary>
    public int Port { get; init; } = 4789;
}

/// <summary>What the kernel says of an interface.</summary>
/// <param name="Index">Its number in its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsUp">It was set up.</param>
public sealed record LinkFacts(int Index, string Name, bool IsUp)
{
    /// <summary>Somebody is at the other end of it: of a TAP, a program that holds it.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>Its MAC address.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>What it sends at most, in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>The number of the bridge that it is a port of; 0 for none.</summary>
    public int Master { get; init; }

    /// <summary>Packets that its queue holds.</summary>
    public int QueueLength { get; init; }

    /// <summary>What it is, as <see cref="LinkKinds"/>; empty for hardware.</summary>
    public string Kind { get; init; } = "";

    /// <summary>What it has received since it was made.</summary>
    public TunnelTraffic Received { get; init; }

    /// <summary>When it is a VXLAN.</summary>
    public VxlanSettings? Vxlan { get; init; }

    /// <summary>When it is a bridge's port: whether the bridge learns behind it.</summary>
    public bool? PortLearning { get; init; }
}
