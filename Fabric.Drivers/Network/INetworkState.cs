using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>The kernel's network, or what stands for it in a test. Throws <see cref="NetworkException"/>.</summary>
internal interface INetworkState : IDisposable
{
    /// <summary>What is there under the entry's key; null for nothing.</summary>
    NetworkEntry? Read(NetworkEntry key);

    /// <summary>Makes it so, whatever was there.</summary>
    void Put(NetworkEntry entry);

    /// <summary>Takes it away; nothing there is right too.</summary>
    void Remove(NetworkEntry entry);

    /// <summary>Null when there is none.</summary>
    LinkFacts? Link(string name);

    /// <summary>All interfaces.</summary>
    IReadOnlyList<LinkFacts> Links();

    /// <summary>All addresses of this host.</summary>
    IReadOnlyList<AddressFacts> Addresses();

    /// <summary>The number of the port that a bridge has the address behind; null when it does not know.</summary>
    NeighbourFacts? PortOf(int bridge, MacAddress mac);

    /// <summary>A setting below /proc/sys/net; null when there is none.</summary>
    string? Setting(string path);

    /// <summary>What this program lacks to change the network; null when nothing.</summary>
    string? Lacking();

    /// <summary>Sends one frame on an interface.</summary>
    void SendFrame(string link, ReadOnlySpan<byte> frame);

    /// <summary>Asks who has an IPv4 address; null when nobody answers.</summary>
    MacAddress? WhoHas(string link, HostAddress address);
}
