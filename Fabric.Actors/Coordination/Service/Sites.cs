using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>A site and its hosts.</summary>
public sealed record SiteSummary(SiteId Name, SiteState State, IReadOnlyList<SiteHost> Hosts);

/// <summary>The link between two sites: what it may carry, what it is like, and who uses it.</summary>
/// <param name="Name">Such as <c>east~west</c>.</param>
/// <param name="State">How it is.</param>
/// <param name="Since">Since when.</param>
/// <param name="Why">Why it is degraded or down.</param>
/// <param name="RoundTripMs">Smoothed (RFC 6298).</param>
/// <param name="RoundTripMsVariation">Its variation.</param>
/// <param name="RoundTripMsLeast">The least of the last 10 to 20 minutes.</param>
/// <param name="TimeoutMs">After so long without an answer something was lost: what migrations' times are derived from.</param>
/// <param name="LossPercent">TCP segments that were sent again in the last minute.</param>
/// <param name="MissPercent">Questions without an answer in the last minute.</param>
/// <param name="BytesPerSecond">What migrations carry over it now.</param>
/// <param name="BytesPerSecondMost">The most of the last 10 to 20 minutes: it can carry so much at least.</param>
/// <param name="BandwidthMax">What they may; 0 is no limit.</param>
/// <param name="MigrationsMax">How many may; 0 is no limit.</param>
/// <param name="Migrations">How many do.</param>
/// <param name="Waiting">How many wait for a place.</param>
/// <param name="Held">New attempts wait until it is up.</param>
/// <param name="Paths">The ways that are measured.</param>
public sealed record LinkSummary(
    string Name, LineState State, DateTimeOffset Since, string? Why, double? RoundTripMs, double? RoundTripMsVariation,
    double? RoundTripMsLeast, int? TimeoutMs, double? LossPercent, double? MissPercent, long BytesPerSecond,
    long? BytesPerSecondMost, long BandwidthMax, int MigrationsMax, int Migrations, int Waiting, bool Held,
    IReadOnlyList<PathSummary> Paths);

/// <summary>A way over a link.</summary>
/// <param name="From">The host that asks.</param>
/// <param name="To">The host that answers.</param>
/// <param name="Answers">It does; null when it was asked too seldom to say.</param>
/// <param name="Problem">What was in the way last.</param>
public sealed record PathSummary(HostId From, HostId To, bool? Answers, string? Problem);

/// <summary>All sites and what lies between them.</summary>
public sealed record SiteList(IReadOnlyList<SiteSummary> Sites, IReadOnlyList<LinkSummary> Links);

public sealed partial class FabricService
{
    /// <summary>Sites with their hosts, and the links between them as they were measured last.</summary>
    public async Task<SiteList> ListSitesAsync(CancellationToken cancellation)
    {
        var sites = new List<SiteSummary>();
        foreach (var site in _sites.SiteOf.Values.Distinct().OrderBy(static s => s.Value, StringComparer.Ordinal))
        {
            var seen = await AskAsync<SiteSight>(EntityKinds.Site, site.Value, Describe.State, cancellation);
            sites.Add(new SiteSummary(site, seen.State, seen.Hosts));
        }

        var links = new List<LinkSummary>();
        foreach (var name in _sites.Links.Keys.Order(StringComparer.Ordinal))
        {
            links.Add(SummaryOf(
                await AskAsync<LineDescription>(EntityKinds.WanLink, name, Describe.State, cancellation)));
        }

        return new SiteList(sites, links);
    }

    private LinkSummary SummaryOf(LineDescription line)
    {
        var (link, health, now) = (line.Link, line.Health, line.Now);
        return new LinkSummary(
            link.Name, health.State, _system.Time.GetUtcNow() - (now - health.Since), health.Why,
            Rounded(health.Trip?.SmoothedMs), Rounded(health.Trip?.VariationMs), Rounded(health.TripMsLeast),
            health.TimeoutMs, Rounded(health.LossPercent(now)), Rounded(health.MissPercent(now)),
            health.BytesPerSecond(now), (long?)health.BytesPerSecondMost, link.BandwidthMax, link.MigrationsMax,
            line.Migrations, line.Waiting, health.Holds(now),
            [.. health.Paths.Select(static p => new PathSummary(p.From, p.To, !p.Down, p.Problem))]);
    }

    // What is shown to a thousandth is not measured any better.
    private static double? Rounded(double? value) => value is { } v ? Math.Round(v, 3) : null;
}
