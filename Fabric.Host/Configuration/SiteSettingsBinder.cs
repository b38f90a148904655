using System.Globalization;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Configuration;

/// <summary>
/// Reads the sites and the links between them: names that the user makes up, so each is checked here and not by its key.
/// Every error names the place, what is wrong, and what to do.
/// </summary>
internal static class SiteSettingsBinder
{
    private const string Sites = "sites";
    private const string Links = "wan-links";
    private static readonly string[] SiteKeys = ["hosts"];
    private static readonly string[] LinkKeys = ["between", "bandwidth-max", "migrations-max"];

    public static SiteMap Read(SettingsReader r)
    {
        var siteOf = ReadSites(r);
        var known = r.Fields(Sites).Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var links = ReadLinks(r, known);
        AddTheOthers(links, [.. siteOf.Values.Distinct().OrderBy(static s => s.Value, StringComparer.Ordinal)]);
        return new SiteMap(siteOf, links);
    }

    /// <summary>Between each two sites is a link, also where nothing is said of it: it has no limits, and is measured.</summary>
    private static void AddTheOthers(Dictionary<string, WanLink> links, SiteId[] sites)
    {
        for (var i = 0; i < sites.Length; i++)
        {
            foreach (var other in sites[(i + 1)..])
            {
                var link = new WanLink(sites[i], other, 0, 0);
                if (links.Count < Limits.Rate.WanLinksMax)
                    links.TryAdd(link.Name, link);
            }
        }
    }

    private static Dictionary<HostId, SiteId> ReadSites(SettingsReader r)
    {
        var siteOf = new Dictionary<HostId, SiteId>();
        foreach (var (name, value) in r.Fields(Sites))
        {
            var at = $"{Sites}.{HoconPath.Show([name])}";
            if (!Names.IsValid(name))
            {
                r.FailAt(at, value, $"{SettingsReader.Shown(name)} is not a site's name: use 1 to " +
                    $"{Limits.Names.LengthMax} of a-z, 0-9 and '-', with no '-' at either end");
                continue;
            }

            if (Object(r, at, value, SiteKeys) is not { } site || Texts(r, at, site, "hosts") is not { } hosts)
                continue;
            foreach (var host in hosts)
            {
                if (!Names.IsValid(host.Text))
                {
                    r.FailAt(
                        $"{at}.hosts", host,
                        $"{SettingsReader.Shown(host.Text)} is not a host's name: write its node.name");
                }
                else if (!siteOf.TryAdd(HostId.Of(host.Text), SiteId.Of(name)))
                {
                    var other = siteOf[HostId.Of(host.Text)];
                    r.FailAt(
                        $"{at}.hosts", host, $"host {host.Text} is in site {other} already: leave it in one");
                }
            }
        }

        return siteOf;
    }

    private static Dictionary<string, WanLink> ReadLinks(SettingsReader r, HashSet<string> sites)
    {
        var links = new Dictionary<string, WanLink>(StringComparer.Ordinal);
        var objects = r.Objects(Links);
        if (objects.Count > Limits.Rate.WanLinksMax)
        {
            r.Fail(Links, $"has {objects.Count} links, and {Limits.Rate.WanLinksMax} is the most");
            return links;
        }

        for (var i = 0; i < objects.Count; i++)
        {
            var at = $"{Links}[{i}]";
            if (Object(r, at, objects[i], LinkKeys) is not { } link || Ends(r, at, link, sites) is not var (one, other))
                continue;
            var read = new WanLink(SiteId.Of(one), SiteId.Of(other), Rate(r, at, link), Places(r, at, link));
            if (!links.TryAdd(read.Name, read))
            {
                r.FailAt(
                    at, link,
                    $"is a second link between {one} and {other}: write one, with what both carry together");
            }
        }

        return links;
    }

    private static (string One, string Other)? Ends(SettingsReader r, string at, HoconObject link, HashSet<string> sites)
    {
        if (Texts(r, at, link, "between") is not { } ends)
            return null;
        if (ends.Count != 2)
        {
            r.FailAt($"{at}.between", link, "must name two sites: write [east, west]");
            return null;
        }

        foreach (var end in ends)
        {
            if (sites.Contains(end.Text))
                continue;
            r.FailAt(
                $"{at}.between", end, $"there is no site {SettingsReader.Shown(end.Text)}{Suggestion.For(end.Text, sites)}: " +
                $"add it to {NodeSettings.Root}.{Sites}, or name another");
            return null;
        }

        if (!string.Equals(ends[0].Text, ends[1].Text, StringComparison.Ordinal))
            return (ends[0].Text, ends[1].Text);
        r.FailAt($"{at}.between", ends[1], "names one site twice: a link is between two");
        return null;
    }

    private static long Rate(SettingsReader r, string at, HoconObject link)
    {
        if (!link.TryGet("bandwidth-max", out var value))
            return 0;
        if (value is HoconScalar { IsNull: false } s && RateText.TryRead(s.Text, out var rate)
            && (rate == 0 || rate is >= Limits.Rate.BytesPerSecondMin and <= Limits.Rate.BytesPerSecondMax))
            return rate;
        r.FailAt(
            $"{at}.bandwidth-max", value,
            "must be a rate such as 200mbit or 25MB, 64 KiB to below 8 TiB a second, or 0 for no limit");
        return 0;
    }

    private static int Places(SettingsReader r, string at, HoconObject link)
    {
        if (!link.TryGet("migrations-max", out var value))
            return 0;
        if (value is HoconScalar { IsNull: false } s
            && int.TryParse(s.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var most)
            && most <= Limits.Rate.SharersMax)
            return most;
        r.FailAt(
            $"{at}.migrations-max", value,
            $"must be a whole number up to {Limits.Rate.SharersMax}, or 0 for no limit");
        return 0;
    }

    private static HoconObject? Object(SettingsReader r, string at, HoconValue value, string[] known)
    {
        if (value is not HoconObject o)
        {
            r.FailAt(at, value, $"must be an object ({{ ... }}), not {value.KindName}");
            return null;
        }

        foreach (var (key, field) in o.Fields)
        {
            if (!known.Contains(key, StringComparer.Ordinal))
                r.FailAt($"{at}.{HoconPath.Show([key])}", field, $"unknown key: here are {string.Join(", ", known)}");
        }

        return o;
    }

    private static List<HoconScalar>? Texts(SettingsReader r, string at, HoconObject o, string key)
    {
        if (o.TryGet(key, out var value) && value is HoconArray a
            && a.Items.All(i => i is HoconScalar { IsNull: false, Text.Length: > 0 }))
            return [.. a.Items.Cast<HoconScalar>()];
        r.FailAt($"{at}.{key}", value ?? o, "must be a list of names: write [a, b]");
        return null;
    }
}
