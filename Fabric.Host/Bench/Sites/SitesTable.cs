using System.Globalization;
using Spectre.Console;

namespace Fabric.Host.Bench.Sites;

/// <summary>The bars on the terminal; the moves were told as they came.</summary>
internal static class SitesTable
{
    public static Table Of(SitesBenchReport report)
    {
        var table = new Table { Caption = new TableTitle(Markup.Escape(Conditions(report))) }
            .AddColumns("figure", "seen", "at most", "", "QEMU alone");
        foreach (var bar in report.Bars)
        {
            table.AddRow(
                bar.Name, Text(bar.Seen), Text(bar.Limit), bar.Met ? "met" : "MISSED",
                bar.QemuAlone is { } qemu ? Text(qemu) : "");
        }

        return table;
    }

    private static string Conditions(SitesBenchReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"QEMU {report.QemuVersion}, {report.Processors} processors, load {report.LoadAverage[0]:0.0} to {report.LoadAverage[1]:0.0}, frames of the WAN late by {report.WanLateMsMax:0.0} ms at most{(report.LostBlocks is { } lost ? $", {lost} of {report.AcknowledgedBlocks} acknowledged blocks lost" : "")}");

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
