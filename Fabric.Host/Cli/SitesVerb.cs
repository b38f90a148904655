using System.CommandLine;
using System.Globalization;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Host.Hocon;

namespace Fabric.Host.Cli;

/// <summary><c>fabric sites</c>.</summary>
internal static class SitesVerb
{
    public static Command Create(CliContext cli) => ClientVerb.Of(
        cli, new Command("sites", "List sites with their hosts, and what the links between them are like"),
        async (run, client, cancellation) =>
        {
            var list = await client.ListSitesAsync(cancellation);
            run.Output.Write(list, ApiJson.Default.SiteList, writer => Write(list, writer));
            return ExitCode.Ok;
        });

    private static void Write(SiteList list, TextWriter writer)
    {
        if (list.Sites.Count == 0)
        {
            writer.WriteLine("No sites are configured: see fabric.sites in reference.conf.");
            return;
        }

        var sites = new TextTable("SITE", "STATE", "HOSTS");
        foreach (var site in list.Sites)
        {
            sites.Add(
                site.Name.Value, Word(site.State),
                string.Join(", ", site.Hosts.Select(static h => h.Connected ? h.Host.Value : $"{h.Host} (lost)")));
        }

        sites.WriteTo(writer);
        if (list.Links.Count == 0)
            return;
        writer.WriteLine();
        var links = new TextTable("LINK", "STATE", "SINCE", "ROUND TRIP", "LOSS", "CARRIES", "MOST", "BUDGET", "MIGRATIONS");
        foreach (var link in list.Links)
        {
            links.Add(
                link.Name, Word(link.State), Show.At(link.Since), Trip(link), Percent(link.LossPercent),
                RateText.Show(link.BytesPerSecond), link.BytesPerSecondMost is { } most ? RateText.Show(most) : null,
                link.BandwidthMax == 0 ? "no limit" : RateText.Show(link.BandwidthMax), Places(link));
        }

        links.WriteTo(writer);
        foreach (var link in list.Links.Where(static l => l.Why is not null))
            writer.WriteLine($"{link.Name} is {Word(link.State)}: {Output.Shown(link.Why!)}");
    }

    private static string? Trip(LinkSummary link) => link.RoundTripMs is { } ms
        ? Show.Text($"{ms:0.0} ms +- {link.RoundTripMsVariation ?? 0:0.0}")
        : null;

    private static string? Percent(double? value) => value is { } percent ? Show.Text($"{percent:0.##} %") : null;

    private static string Places(LinkSummary link)
    {
        var places = link.MigrationsMax == 0
            ? link.Migrations.ToString(CultureInfo.InvariantCulture)
            : Show.Text($"{link.Migrations} of {link.MigrationsMax}");
        return link.Waiting == 0 ? places : Show.Text($"{places}, {link.Waiting} wait");
    }

    private static string Word<T>(T state)
        where T : struct, Enum => state.ToString().ToLowerInvariant();
}
