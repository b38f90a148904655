using System.Collections.Immutable;

namespace Fabric.Protocol;

/// <summary>How much of a site can be talked to. Of its VMs it says nothing: they run on.</summary>
public enum SiteState
{
    /// <summary>All its hosts are connected.</summary>
    Up = 1,

    /// <summary>Some are.</summary>
    Partly,

    /// <summary>None is.</summary>
    Lost,
}

/// <summary>A host of a site.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Connected">Its agent is.</param>
/// <param name="Endpoint">Where it takes data links, as it said last; null when it never said.</param>
public sealed record SiteHost(HostId Host, bool Connected, DataEndpoint? Endpoint);

/// <summary>A site as it is seen.</summary>
/// <param name="Site">Its name.</param>
/// <param name="Hosts">All that belong to it, in the order of their names.</param>
public sealed record SiteSight(SiteId Site, ImmutableArray<SiteHost> Hosts)
{
    /// <summary>How it is.</summary>
    public SiteState State => Hosts.Count(static h => h.Connected) switch
    {
        0 => SiteState.Lost,
        var some when some == Hosts.Length => SiteState.Up,
        _ => SiteState.Partly,
    };

    /// <summary>Nobody of it was seen yet.</summary>
    public static SiteSight Of(SiteId site, IEnumerable<HostId> hosts) => new(
        site,
        [.. hosts.OrderBy(static h => h.Value, StringComparer.Ordinal).Select(static h => new SiteHost(h, false, null))]);

    /// <summary>With a host as it is now; one that is not of this site changes nothing.</summary>
    public SiteSight With(HostId host, bool connected, DataEndpoint? endpoint) => this with
    {
        Hosts =
        [
            .. Hosts.Select(h => h.Host == host ? new SiteHost(host, connected, endpoint ?? h.Endpoint) : h),
        ],
    };
}

/// <summary>Who measures a link, and by whom.</summary>
/// <param name="From">It asks.</param>
/// <param name="To">It answers.</param>
/// <param name="Endpoint">Where.</param>
public sealed record LineWay(HostId From, HostId To, DataEndpoint Endpoint)
{
    /// <summary>
    /// Up to <see cref="Limits.Sites.PathsMax"/> ways between different hosts, one in each direction where both sites can be
    /// told to ask. A site that is lost is asked all the same: that it does not answer is what is to be known.
    /// </summary>
    public static ImmutableArray<LineWay> Between(SiteSight one, SiteSight other)
    {
        var directions = new[] { (From: Askers(one), To: Answerers(other)), (From: Askers(other), To: Answerers(one)) }
            .Where(static d => d is { From.Length: > 0, To.Length: > 0 }).ToArray();
        if (directions.Length == 0)
            return [];
        return
        [
            .. Enumerable.Range(0, Limits.Sites.PathsMax).Select(i =>
            {
                var (from, to) = directions[i % directions.Length];
                var answers = to[i % to.Length];
                return new LineWay(from[i % from.Length].Host, answers.Host, answers.Endpoint!);
            }).Distinct(),
        ];
    }

    private static SiteHost[] Askers(SiteSight site) => [.. site.Hosts.Where(static h => h.Connected)];

    private static SiteHost[] Answerers(SiteSight site)
    {
        var known = site.Hosts.Where(static h => h.Endpoint is not null).ToArray();
        return Array.Exists(known, static h => h.Connected) ? Array.FindAll(known, static h => h.Connected) : known;
    }
}
