using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

/// <summary>
/// A kernel's network in memory: entries by their keys. An interface comes with values of its own and takes all its
/// entries
/// with it when it goes. It can be told to fail at its n-th change.
/// </summary>
internal sealed class FakeNetwork : INetworkState
{
    private readonly Dictionary<string, NetworkEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LinkFacts> _links = new(StringComparer.Ordinal);

    /// <summary>Changes until one fails, once; null for never.</summary>
    public int? ChangesUntilFailure { get; set; }

    public int Changes { get; private set; }

    public List<AddressFacts> OwnAddresses { get; } = [];

    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal) { ["ipv4/ip_forward"] = "1" };

    public Dictionary<string, MacAddress> Answering { get; } = new(StringComparer.Ordinal);

    public NeighbourFacts? Learned { get; set; }

    public string? Missing { get; set; }

    public List<(string Link, byte[] Frame)> Frames { get; } = [];

    /// <summary>Everything, for comparison.</summary>
    public string All => string.Join('\n', _entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}: {e.Value}"));

    public LinkFacts Add(LinkFacts link) => _links[link.Name] = link with { Index = link.Index == 0 ? _links.Count + 1 : link.Index };

    public void Forget(string link) => _links.Remove(link);

    public NetworkEntry? Read(NetworkEntry key) => _entries.GetValueOrDefault(key.Key);

    public void Put(NetworkEntry entry)
    {
        Change();
        if (entry is TapLink or VxlanLink)
            Appear(entry);
        _entries[entry.Key] = entry;
    }

    public void Remove(NetworkEntry entry)
    {
        Change();
        if (entry is LinkMac or LinkMtu or LinkQueue or LinkUp or LinkSetting or PortLearning)
            return; // goes with its interface, and cannot go without
        _entries.Remove(entry.Key);
        if (entry is not (TapLink or VxlanLink))
            return;
        var link = entry is TapLink tap ? tap.Link : ((VxlanLink)entry).Link;
        foreach (var (key, value) in _entries.ToArray())
        {
            if (value.ToString()!.Contains(link, StringComparison.Ordinal))
                _entries.Remove(key);
        }
    }

    public LinkFacts? Link(string name) => _links.GetValueOrDefault(name);

    public IReadOnlyList<LinkFacts> Links() => [.. _links.Values];

    public IReadOnlyList<AddressFacts> Addresses() => OwnAddresses;

    public NeighbourFacts? PortOf(int bridge, MacAddress mac) => Learned;

    public string? Setting(string path) => Settings.GetValueOrDefault(path);

    public string? Lacking() => Missing;

    public void SendFrame(string link, ReadOnlySpan<byte> frame) => Frames.Add((link, frame.ToArray()));

    public MacAddress? WhoHas(string link, HostAddress address) =>
        Answering.TryGetValue(address.Value, out var mac) ? mac : null;

    public void Dispose()
    {
        // Nothing is open.
    }

    private void Appear(NetworkEntry entry)
    {
        var link = entry is TapLink tap ? tap.Link : ((VxlanLink)entry).Link;
        NetworkEntry[] own =
        [
            new LinkMac(link, new MacAddress(0x020000000001)), new LinkMtu(link, 1500), new LinkQueue(link, 1000),
            new LinkUp(link, Up: false), new LinkMaster(link, Master: null), new LinkSetting(link, "ipv4/conf", "proxy_arp", "0"),
            new LinkSetting(link, "ipv4/neigh", "proxy_delay", "80"), new LinkSetting(link, "ipv4/conf", "rp_filter", "0"),
        ];
        foreach (var value in own)
            _entries[value.Key] = value;
    }

    private void Change()
    {
        if (ChangesUntilFailure == 0)
        {
            ChangesUntilFailure = null;
            throw new NetworkException(NetworkFault.KernelUnclear, "test", "as the test says", "Do it again.");
        }

        ChangesUntilFailure--;
        Changes++;
    }
}
