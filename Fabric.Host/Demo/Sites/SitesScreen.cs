using System.Globalization;
using Fabric.Host.Cli;
using Fabric.Host.Faults.Run;
using Fabric.Host.Hocon;
using Spectre.Console;

namespace Fabric.Host.Demo.Sites;

/// <summary>The report for people: what every demo tells, and what client, disk and WAN saw.</summary>
internal static class SitesScreen
{
    /// <summary>Shows it.</summary>
    public static void Show(SitesReport report, CaseScreen screen, IAnsiConsole console)
    {
        screen.Show(report.Move);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "");
        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
        Row("from, to", $"{report.From}, {report.To}");
        if (report.Client is { } client)
        {
            Row("client's blackout", Text(
                $"{client.LargestGapMs:0} ms; before the move at most {client.UsualGapMs:0} ms"));
            Row(
                "client's connection",
                client.Survived ? $"survived, {Cli.Show.Bytes(client.Bytes)}" : $"ENDED: {client.Problem}");
        }

        if (report is { RoundTripMsBefore: { } near, RoundTripMsAfter: { } far })
            Row("client's round trip", Text($"{near:0.0} ms before the move, {far:0.0} ms after it"));
        if (report.Disk is { } disk)
        {
            Row("disk at switchover", disk.EqualAtSwitchover switch
            {
                true => "equal on both sides",
                false => "DIFFERENT",
                null => "did not move",
            });
            Row("acknowledged blocks", Text(
                $"{disk.Acknowledged}, {disk.Lost} lost; the guest found {disk.BadReads} wrong"));
        }

        var wan = report.Wan;
        Row("WAN", Text(
            $"{RateText.Show(wan.BytesPerSecond)}, {wan.RoundTripMs:0.#} ms; {wan.Bytes / 1e6:0.0} MB carried, ")
            + Text($"{wan.AllocatedBytes / 1e6:0.0} MB of memory and disk, ")
            + Text($"{wan.Cuts} cuts, late by {wan.LateMsMax:0.0} ms at most"));
        if (wan.ExtraBytes is { } extra)
            Row("WAN, beyond what had to cross", Text($"{extra / 1e6:0.0} MB"));
        console.Write(table);
        if (!report.Ok && report.Move.Ok)
            console.MarkupLine("[red]CLIENT OR DISK LOST SOMETHING.[/]");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
