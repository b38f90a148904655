using System.Globalization;
using System.Net;
using System.Text;

namespace Fabric.Host.Bench.Wan;

/// <summary>A comparison as one page: a bar for each move's bytes, and all its figures.</summary>
internal static class WanHtml
{
    private const string Head = """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Fabric and QEMU over a WAN</title><style>
        :root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:62rem;margin:2rem auto;padding:0 1rem}
        table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;text-align:right;white-space:nowrap}
        th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}tr{border-bottom:1px solid #8884}
        td.bar{width:40%}td.bar i{display:block;height:.9rem;background:#8aa0b8;border-radius:2px}
        tr.fabric td.bar i{background:#2f7d4f}tr.wrong td{color:#c22}
        </style>
        """;

    public static string Of(WanReport report)
    {
        var page = new StringBuilder(Head);
        page.Append(Line($"<h1>The same guests, with and without a fabric</h1><p>QEMU {report.QemuVersion}, ")
            + Line($"{report.LineBitsPerSecond / 1e6:F0} Mbit/s each way, round trip {report.RoundTripMs:F0} ms, guest ")
            + Line($"{report.MemoryBytes >> 20} MiB, {report.Processors} processors for everything.</p><p>")
            + WebUtility.HtmlEncode(WanTable.Ratios(report)) + "</p><table><tr><th>guest<th>way<th>MB on the wire<th>"
            + "<th>total s<th>downtime ms<th>cpu s<th>attempts</tr>");
        var most = Math.Max(1, report.Moves.Max(m => m.WireBytes));
        foreach (var move in report.Moves)
        {
            var kind = !move.Clean ? "wrong" : move.Way == MoveWay.Fabric ? "fabric" : "";
            page.Append(Line($"<tr class=\"{kind}\"><td>{WebUtility.HtmlEncode(move.Guest)}<td>{move.Way}")
                + Line($"<td>{move.WireBytes / 1e6:F1}<td class=\"bar\"><i style=\"width:{100.0 * move.WireBytes / most:F1}%\"></i>")
                + Line($"<td>{move.TotalMs / 1e3:F1}<td>{move.DowntimeMs:F0}{(move.Forced ? " (forced)" : "")}<td>{move.CpuSeconds:F1}")
                + Line($"<td>{move.Attempts}</tr>"));
        }

        return page.Append("</table></html>\n").ToString();
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
