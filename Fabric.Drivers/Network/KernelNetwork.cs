using System.Globalization;
using Fabric.Drivers.Network.Announce;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>The network of this machine, in one namespace.</summary>
internal sealed class KernelNetwork : INetworkState
{
    private const string Settings = "/proc/sys/net/";
    private readonly NetworkNamespace _place;
    private readonly NetlinkRoute _kernel;

    private KernelNetwork(NetworkNamespace place, NetlinkRoute kernel)
    {
        _place = place;
        _kernel = kernel;
    }

    public static KernelNetwork Open(NetworkNamespace place) =>
        new(place, Told(place.ToString(), () => NetlinkRoute.Open(place)));

    /// <inheritdoc/>
    public void Dispose() => _kernel.Dispose();

    /// <inheritdoc/>
    public NetworkEntry? Read(NetworkEntry key) => Told(key, () => KernelEntries.Read(this, _kernel, key));

    /// <inheritdoc/>
    public void Put(NetworkEntry entry) => Told(entry, () =>
    {
        KernelEntries.Put(this, _kernel, entry);
        return true;
    });

    /// <inheritdoc/>
    public void Remove(NetworkEntry entry) => Told(entry, () =>
    {
        KernelEntries.Remove(_kernel, entry);
        return true;
    });

    /// <inheritdoc/>
    public LinkFacts? Link(string name) => Told(name, () => _kernel.Link(name));

    /// <inheritdoc/>
    public IReadOnlyList<LinkFacts> Links() => Told(_place, _kernel.Links);

    /// <inheritdoc/>
    public IReadOnlyList<AddressFacts> Addresses() => Told(_place, _kernel.Addresses);

    /// <inheritdoc/>
    public NeighbourFacts? PortOf(int bridge, MacAddress mac) => Told(mac, () => _kernel.PortOf(bridge, mac));

    /// <inheritdoc/>
    public string? Setting(string path) => _place.Run(() =>
    {
        try
        {
            return File.ReadAllText(Settings + path).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    });

    /// <inheritdoc/>
    public string? Lacking() => Capabilities.Lacking(ofNamespaces: _place.Path is not null);

    /// <inheritdoc/>
    public void SendFrame(string link, ReadOnlySpan<byte> frame)
    {
        using var socket = OpenPackets(link);
        socket.Send(frame);
    }

    /// <inheritdoc/>
    public MacAddress? WhoHas(string link, HostAddress address)
    {
        using var socket = OpenPackets(link);
        return ArpQuestion.Ask(socket, Index(link).Mac ?? default, address);
    }

    internal void CreateTap(string name) => TapDevice.Create(_place, name);

    internal void Set(LinkSetting setting) => _place.Run(() =>
    {
        try
        {
            File.WriteAllText(Settings + setting.Path, setting.Value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException(
                NetworkFault.KernelRefused, Settings + setting.Path,
                $"'{setting.Value}' cannot be written: {Names.Shown(e.Message)}",
                "The interface may be gone, or this program may not write there (a read-only /proc/sys in a container).", e);
        }
    });

    /// <summary>The interface, which must be there.</summary>
    internal LinkFacts Index(string name) => _kernel.Link(name) ?? throw Missing(name);

    internal string? NameOf(int index) => index == 0 ? null : _kernel.Link(index)?.Name;

    internal static NetworkException Missing(string name) => new(
        NetworkFault.LinkMissing, name, "there is no such interface",
        "Make it, or correct its name in the VM's network; 'ip link' lists what is there.");

    private PacketSocket OpenPackets(string link) =>
        Told(link, () => PacketSocket.Open(_place, Index(link).Index));

    private static T Told<T>(object what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (NetlinkException e)
        {
            throw Translated(e, string.Create(CultureInfo.InvariantCulture, $"{what}"));
        }
    }

    private static NetworkException Translated(NetlinkException e, string where) => e switch
    {
        { Error: Errno.NotPermitted } => new NetworkException(
            NetworkFault.NotPermitted, where, e.Message, "Run with the capability NET_ADMIN.", e),
        { Fault: NetlinkFault.Refused } => new NetworkException(
            NetworkFault.KernelRefused, where, e.Message,
            "Compare with 'ip -d link', 'ip route' and 'bridge fdb' what is there; then try again.", e),
        _ => new NetworkException(
            NetworkFault.KernelUnclear, where, e.Message,
            "Do the step again: it looks first what is there, and does only what is missing.", e),
    };
}
