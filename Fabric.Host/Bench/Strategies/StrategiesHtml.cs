using System.Globalization;
using System.Net;
using System.Text;

namespace Fabric.Host.Bench.Strategies;

/// <summary>
/// The comparison as one page that needs nothing from elsewhere: a table, then for each move the paper's two figures,
/// rate and pages of each round and the guest's service over time, as SVG.
/// </summary>
internal static class StrategiesHtml
{
    private const int Width = 460;
    private const int Height = 120;

    private const string Head = """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Strategies of migration</title><style>
        :root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:64rem;margin:2rem auto;padding:0 1rem}
        table{border-collapse:collapse;width:100%}th,td{padding:.2rem .6rem;text-align:right;white-space:nowrap}
        th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}tr{border-bottom:1px solid #8884}tr.wrong td{color:#c22}
        section{display:flex;gap:1rem;flex-wrap:wrap}figure{margin:.5rem 0}figcaption{font-size:.85rem}
        svg{background:#8881}rect{fill:#4a7fb5}polyline{fill:none;stroke:#2f7d4f;stroke-width:1.5}
        text{font:10px system-ui;fill:currentColor}li.no{color:#c22}
        </style>
        """;

    public static string Of(StrategiesReport report)
    {
        var page = new StringBuilder(Head);
        page.Append(Text($"<h1>Five ways to move a guest</h1><p>Embedded guests of {report.MemoryBytes >> 20} MiB, "))
            .Append(Text($"{report.Processors} processors for both guests and the line. An operation that an undisturbed "))
            .Append("guest would have done until a second after the end, and that was not done, is lost.</p>");
        page.Append("<h2>Shapes of the literature</h2><ul>");
        foreach (var shape in report.Shapes)
        {
            page.Append(shape.Agrees ? "<li>" : "<li class=\"no\">")
                .Append(WebUtility.HtmlEncode($"{shape.What}: {shape.Seen}")).Append("</li>");
        }

        page.Append("</ul>");
        foreach (var line in report.Moves.GroupBy(m => m.LineMbps))
            Line(page, line.Key, [.. line]);
        return page.Append("</html>\n").ToString();
    }

    private static void Line(StringBuilder page, double mbps, IReadOnlyList<StrategyResult> moves)
    {
        page.Append(Text($"<h2>{mbps:0} Mbit/s</h2><table><tr><th>program<th>way<th>total ms<th>downtime ms"))
            .Append("<th>bytes / memory<th>rounds<th>operations/s<th>lost<th>= ms of work</tr>");
        foreach (var m in moves)
        {
            page.Append(m.Clean ? "<tr>" : "<tr class=\"wrong\">")
                .Append(Text($"<td>{WebUtility.HtmlEncode(m.Program)}<td>{m.Strategy}<td>{m.TotalMs:0}<td>{m.DowntimeMs:0}"))
                .Append(Text($"<td>{m.BytesOverMemory:0.00}<td>{m.Rounds.Count}<td>{m.OperationsPerSecond:0}"))
                .Append(Text($"<td>{m.OperationsLost:0}<td>{m.ServiceLostMs:0}</tr>"));
        }

        page.Append("</table>");
        foreach (var program in moves.GroupBy(m => m.Program, StringComparer.Ordinal))
        {
            page.Append(Text($"<h3>{WebUtility.HtmlEncode(program.Key)}, {mbps:0} Mbit/s</h3><section>"));
            foreach (var m in program)
            {
                Figure(page, $"{m.Strategy}: rate (height) and pages of each round", Rounds(m, mbps));
                Figure(page, $"{m.Strategy}: operations a second", Service(m));
            }

            page.Append("</section>");
        }
    }

    private static void Figure(StringBuilder page, string caption, string drawn) => page
        .Append("<figure><figcaption>").Append(WebUtility.HtmlEncode(caption)).Append("</figcaption>")
        .Append(Text($"<svg width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\">"))
        .Append(drawn).Append("</svg></figure>");

    private static string Rounds(StrategyResult move, double mbps)
    {
        var drawn = new StringBuilder();
        var whole = Math.Max(1, move.Rounds.Select(r => r.StartMs + r.DurationMs).DefaultIfEmpty(1).Max());
        foreach (var round in move.Rounds)
        {
            var height = Math.Min(1.0, round.Mbps / mbps) * (Height - 20);
            var (x, width) = (round.StartMs / whole * Width, Math.Max(1, (round.DurationMs / whole * Width) - 1));
            drawn.Append(Text($"<rect x=\"{x:0.0}\" y=\"{Height - height:0.0}\" width=\"{width:0.0}\" height=\"{height:0.0}\">"))
                .Append(Text($"<title>round {round.Number}: {round.Pages} pages, {round.Mbps:0} Mbit/s</title></rect>"));
            if (width > 30)
                drawn.Append(Text($"<text x=\"{x + 3:0.0}\" y=\"12\">{round.Pages}</text>"));
        }

        return drawn.ToString();
    }

    private static string Service(StrategyResult move)
    {
        var most = Math.Max(1, move.Service.DefaultIfEmpty(1).Max());
        var step = (double)Width / Math.Max(1, move.Service.Count - 1);
        var points = string.Join(' ', move.Service.Select((n, i) =>
            Text($"{i * step:0.0},{Height - 4 - (n * (Height - 20.0) / most):0.0}")));
        return Text($"<polyline points=\"{points}\"/><text x=\"3\" y=\"12\">{most * 10}/s</text>");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
