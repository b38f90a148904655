using System.Globalization;
using System.Text;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Faults.Report;

/// <summary>
/// A case's time line as SVG: the durable stages, the fault through all rows, and a row for each copy of the guest in
/// which a bar is where it executed. The last row is where none did: the guest stood still.
/// </summary>
internal static class HtmlTimeline
{
    private const double Left = 170;
    private const double Width = 1000;
    private const double Row = 26;
    private const double Bar = 18;
    private const double CharacterWidth = 6.2;
    private const double Before = 500;
    private const int TicksMax = 10;

    private static readonly double[] Steps = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000];

    public static string Of(Timeline timeline)
    {
        var copies = timeline.Runs.Select(r => r.Name).Distinct(StringComparer.Ordinal).ToList();
        var height = (Row * (3 + copies.Count)) + 22;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {N(height)}\" role=\"img\" ")
            .Append("aria-label=\"time line of the case\">\n");
        Axis(svg, timeline, height);
        Label(svg, 0, "stage");
        var odd = false;
        foreach (var stage in timeline.Stages)
        {
            odd = !odd;
            Box(svg, timeline, stage, 0, odd ? "a" : "b", stage.Name);
        }

        Label(svg, 1, "fault");
        if (timeline.Fault is { } fault)
        {
            var (from, to) = (X(timeline, fault.FromMs), Math.Max(
                X(timeline, fault.ToMs), X(timeline, fault.FromMs) + 2));
            Rectangle(svg, "band", from, 0, to - from, height - 22, null);
            Rectangle(svg, "fault", from, Row + 4, to - from, Bar, fault);
            Beside(svg, to, Row, fault.Name);
        }

        for (var i = 0; i < copies.Count; i++)
        {
            Label(svg, 2 + i, copies[i]);
            foreach (var run in timeline.Runs.Where(r => string.Equals(r.Name, copies[i], StringComparison.Ordinal)))
                Box(svg, timeline, run, 2 + i, "run", null);
        }

        Label(svg, 2 + copies.Count, "guest stands still");
        foreach (var gap in timeline.Gaps)
        {
            Box(svg, timeline, gap, 2 + copies.Count, "gap", null);
            Beside(
                svg, X(timeline, gap.ToMs), Row * (2 + copies.Count),
                string.Create(CultureInfo.InvariantCulture, $"{gap.ToMs - gap.FromMs:0} ms"));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Axis(StringBuilder svg, Timeline timeline, double height)
    {
        var step = Steps.FirstOrDefault(s => timeline.LengthMs / s <= TicksMax, Steps[^1]);
        for (var at = 0.0; at <= timeline.LengthMs; at += step)
        {
            var x = N(X(timeline, at));
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x}\" y1=\"0\" x2=\"{x}\" y2=\"{N(height - 20)}\"/>")
                .Append(
                    CultureInfo.InvariantCulture,
                    $"<text class=\"soft\" x=\"{x}\" y=\"{N(height - 6)}\" text-anchor=\"middle\">")
                .Append(CultureInfo.InvariantCulture, $"{at / 1000:0.##} s</text>\n");
        }
    }

    private static void Label(StringBuilder svg, int row, string text) => svg
        .Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"0\" y=\"{N((row * Row) + 17)}\">{HtmlReport.Text(text)}</text>\n");

    private static void Box(StringBuilder svg, Timeline timeline, Span span, int row, string style, string? name)
    {
        var (from, to) = (X(timeline, span.FromMs), X(timeline, span.ToMs));
        Rectangle(svg, style, from, (row * Row) + 4, Math.Max(to - from, 1), Bar, span);
        if (name is not null && to - from > name.Length * CharacterWidth)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(from + 4)}\" y=\"{N((row * Row) + 17)}\">")
                .Append(HtmlReport.Text(name)).Append("</text>\n");
        }
    }

    /// <summary>Words right of a bar, if they fit there.</summary>
    private static void Beside(StringBuilder svg, double x, double y, string text)
    {
        if (x + 6 + (text.Length * CharacterWidth) < Width)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{N(x + 6)}\" y=\"{N(y + 17)}\">")
                .Append(HtmlReport.Text(text)).Append("</text>\n");
        }
    }

    private static void Rectangle(
        StringBuilder svg, string style, double x, double y, double width, double height, Span? told)
    {
        svg.Append(
            CultureInfo.InvariantCulture, $"<rect class=\"{style}\" x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(width)}\" ")
            .Append(CultureInfo.InvariantCulture, $"height=\"{N(height)}\">");
        if (told is not null)
        {
            svg.Append("<title>").Append(HtmlReport.Text(told.Name))
                .Append(
                    CultureInfo.InvariantCulture,
                    $": {told.FromMs:0} to {told.ToMs:0} ms, {told.ToMs - told.FromMs:0} ms")
                .Append("</title>");
        }

        svg.Append("</rect>\n");
    }

    private static double X(Timeline timeline, double milliseconds)
    {
        var share = (Math.Clamp(milliseconds, -Before, timeline.LengthMs) + Before) / (timeline.LengthMs + Before);
        return Left + (share * (Width - Left - 20));
    }

    private static string N(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
