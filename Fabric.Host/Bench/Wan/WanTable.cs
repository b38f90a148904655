using System.Globalization;
using Spectre.Console;

namespace Fabric.Host.Bench.Wan;

/// <summary>A comparison on the terminal.</summary>
internal static class WanTable
{
    public static Table Of(WanReport report)
    {
        var table = new Table { Caption = new TableTitle(Ratios(report)) }.AddColumns(
            "guest", "way", "MB on the wire", "total s", "downtime ms", "cpu s", "attempts", "pages");
        foreach (var move in report.Moves)
        {
            table.AddRow(
                move.Guest, move.Way.ToString(), Text(move.WireBytes / 1e6, 1), Text(move.TotalMs / 1e3, 1),
                Text(move.DowntimeMs, 0) + (move.Forced ? " (forced)" : ""), Text(move.CpuSeconds, 1),
                Text(move.Attempts, 0), move.Clean ? "right" : "WRONG");
        }

        return table;
    }

    /// <summary>All ratios in one line, the fabric's first.</summary>
    public static string Ratios(WanReport report) => string.Join(
        ", ",
        report.Ratios.Select(r => $"{r.Key} {Text(r.Value, 3)}")
            .Concat(report.QemuRatios.Select(r => $"{r.Key} of QEMU alone {Text(r.Value, 3)}"))
            .Concat(report.MegabytesPerSecond.Select(s => $"{s.Key} {Text(s.Value, 0)} MB/s")));

    private static string Text(double value, int digits) =>
        value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
