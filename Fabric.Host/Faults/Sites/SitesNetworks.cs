using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>What hosts and routers of the lab hold of one guest's network, as their kernels say.</summary>
internal sealed class SitesNetworks(SitesLab lab, VmSpec spec)
{
    private const string Tunnel = "ftn";
    private readonly HostAddress _address = spec.Network!.Addresses[0];
    private readonly string _tap = spec.Network.Tap!;

    /// <summary>
    /// What hosts hold that they should not: of the guest at all where it is not, of a move where it is.
    /// </summary>
    /// <param name="owner">Where the guest is; null when it is nowhere.</param>
    public IReadOnlyList<string> LeftoversBut(string? owner) => [.. lab.Hosts.SelectMany(h => On(h, owner))];

    /// <summary>Routers that still lead to the guest, when it is nowhere.</summary>
    public IReadOnlyList<string> LeadingNowhere() =>
    [
        .. from way in lab.WaysTo(lab.Sites[0])
           where RouteAt(way.Place) is not null
           select $"{way.Place} still leads to {_address}",
    ];

    /// <summary>Routers that do not lead to where the guest is, in words.</summary>
    public IReadOnlyList<string> LeadingElsewhere(string owner)
    {
        var site = lab.Sites.First(s => s.Hosts.Any(h => string.Equals(h.Name, owner, StringComparison.Ordinal)));
        return [.. lab.WaysTo(site).Select(w => Wrong(w.Place, w.Link, site)).OfType<string>()];
    }

    private string? Wrong(NetworkNamespace place, string link, LabSite site)
    {
        using var kernel = NetlinkRoute.Open(place);
        return kernel.Route(_address, isV6: false, RouteFacts.Main) is not { } route
            ? $"{place} has no route to {_address}"
            : kernel.Link(route.Link)?.Name is var by && string.Equals(by, link, StringComparison.Ordinal)
                ? null
                : $"{place} leads to {_address} by {by}, and not by {link} to the site {site.Name}";
    }

    private IEnumerable<string> On(LabHost host, string? owner)
    {
        using var kernel = NetlinkRoute.Open(new NetworkNamespace(host.Namespace));
        foreach (var tunnel in kernel.Links().Where(l => l.Name.StartsWith(Tunnel, StringComparison.Ordinal)))
            yield return $"the tunnel {tunnel.Name} on {host.Name}";
        foreach (var note in Notes(host))
            yield return $"the note {note} on {host.Name}";
        if (string.Equals(host.Name, owner, StringComparison.Ordinal))
            yield break;
        if (kernel.Link(_tap) is not null)
            yield return $"the interface {_tap} on {host.Name}";
        if (kernel.Route(_address, isV6: false, RouteFacts.Main) is not null)
            yield return $"the route to {_address} on {host.Name}";
    }

    private IEnumerable<string> Notes(LabHost host)
    {
        var notes = NetworkPart.NotesOf(host);
        return Directory.Exists(notes)
            ? Directory.EnumerateFiles(notes, $"{spec.Id}.*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(notes, f))
            : [];
    }

    private RouteFacts? RouteAt(NetworkNamespace place)
    {
        using var kernel = NetlinkRoute.Open(place);
        return kernel.Route(_address, isV6: false, RouteFacts.Main);
    }
}
