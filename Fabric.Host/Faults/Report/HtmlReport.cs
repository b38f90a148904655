using System.Globalization;
using System.Net;
using System.Text;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Faults.Report;

/// <summary>
/// One page with everything in it: no script, no font and no picture from elsewhere, readable light and dark. A matrix
/// of what was broken by stage, then each case with a time line.
/// </summary>
internal static class HtmlReport
{
    public static string Of(FaultReport report)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta name=\"color-scheme\" content=\"light dark\">\n")
            .Append(CultureInfo.InvariantCulture, $"<title>Fabric faults: {Text(report.Plan)}</title>\n")
            .Append("<style>\n").Append(HtmlStyle.Css).Append("</style>\n</head>\n<body>\n");
        Head(page, report);
        Matrix(page, report);
        page.Append("<h2>Cases</h2>\n");
        foreach (var one in report.Cases)
            Case(page, one);
        return page.Append("</body>\n</html>\n").ToString();
    }

    internal static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");

    private static void Head(StringBuilder page, FaultReport report)
    {
        var minutes = TimeSpan.FromMilliseconds(report.DurationMs).TotalMinutes;
        page.Append("<h1>Fault suite</h1>\n<p class=\"meta\">Plan <b>").Append(Text(report.Plan)).Append("</b> on ")
            .Append(Text(report.On)).Append(
                CultureInfo.InvariantCulture, $", {report.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC, ")
            .Append(
                CultureInfo.InvariantCulture,
                $"{report.Cases.Count} cases in {minutes:0.0} minutes</p>\n<p class=\"sums\">")
            .Append(Sum(Verdict.Held, report.Held, "held"))
            .Append(Sum(Verdict.Broken, report.Broken, "broken"))
            .Append(Sum(Verdict.NotCarriedOut, report.NotCarriedOut, "not carried out"))
            .Append("</p>\n");
    }

    private static string Sum(Verdict verdict, int count, string what) => string.Create(
        CultureInfo.InvariantCulture,
        $"<span class=\"sum {(count == 0 ? "none" : ClassOf(verdict))}\">{Sign(verdict)} <b>{count}</b> {what}</span>");

    private static void Matrix(StringBuilder page, FaultReport report)
    {
        var stages = FaultNames.StageWords.Where(s => report.Cases.Any(c => Same(c.Stage, s))).ToList();
        page.Append(
            "<h2>Matrix</h2>\n<p class=\"meta\">What was broken, and at which stage of the migration. A number in ")
            .Append(
                "brackets counts attempts.</p>\n<div class=\"wide\"><table class=\"matrix\">\n<thead><tr><th></th>");
        foreach (var stage in stages)
            page.Append("<th>").Append(Text(stage)).Append("</th>");
        page.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in report.Cases.GroupBy(c => c.Fault, StringComparer.Ordinal))
        {
            page.Append("<tr><th>").Append(Text(row.Key)).Append("</th>");
            foreach (var stage in stages)
            {
                var cell = row.Where(c => Same(c.Stage, stage)).ToList();
                if (cell.Count == 0)
                {
                    page.Append("<td class=\"empty\"></td>");
                    continue;
                }

                var worst = CaseText.Worst(cell);
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<td class=\"{ClassOf(worst.Verdict)}\"><a href=\"#{Anchor(worst.Id)}\"")
                    .Append(
                        CultureInfo.InvariantCulture, $" title=\"{Text(CaseText.Of(worst))}\">{Sign(worst.Verdict)} ")
                    .Append(Text(CaseText.Short(worst)));
                if (cell.Count > 1)
                    page.Append(CultureInfo.InvariantCulture, $" <small>of {cell.Count}</small>");
                page.Append("</a></td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n");
    }

    private static void Case(StringBuilder page, CaseResult one)
    {
        var open = one.Verdict == Verdict.Held ? "" : " open";
        // The name is inside: a browser that is led to it opens what holds it, without a script.
        page.Append(CultureInfo.InvariantCulture, $"<details class=\"{ClassOf(one.Verdict)}\"{open}>\n<summary>")
            .Append(CultureInfo.InvariantCulture, $"{Sign(one.Verdict)} <b>{Text(one.Id)}</b> ")
            .Append(Text(CaseText.Of(one)))
            .Append(CultureInfo.InvariantCulture, $"</summary>\n<div id=\"{Anchor(one.Id)}\">\n");
        if (one.Broke is { } broke)
        {
            var armed = broke.Armed ? ", armed before" : "";
            page.Append("<p>Broken: ").Append(Text(broke.What))
                .Append(
                    CultureInfo.InvariantCulture,
                    $"; the journal stood at {Text(broke.Stage)}, attempt {broke.Attempt}{armed}.</p>\n");
        }

        if (one.Timeline is { } timeline)
            page.Append(HtmlTimeline.Of(timeline));
        Facts(page, one);
        if (one.Rules.Count > 0)
        {
            page.Append("<ul class=\"rules\">\n");
            foreach (var rule in one.Rules)
            {
                var verdict = rule.Held ? Verdict.Held : Verdict.Broken;
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<li class=\"{ClassOf(verdict)}\">{Sign(verdict)} {Text(rule.Name)} ")
                    .Append("<small>").Append(Text(rule.Held ? rule.Seen : string.Join("; ", rule.Violations)))
                    .Append("</small></li>\n");
            }

            page.Append("</ul>\n");
        }

        page.Append("</div>\n</details>\n");
    }

    private static void Facts(StringBuilder page, CaseResult one)
    {
        page.Append("<dl>");
        void Fact(string name, string? value)
        {
            if (value is not null)
                page.Append("<dt>").Append(name).Append("</dt><dd>").Append(Text(value)).Append("</dd>");
        }

        Fact("why", one.Detail);
        Fact("request to outcome", Ms(one.MigrationMs));
        Fact("downtime, as the coordinator measured it", Ms(one.DowntimeMs));
        Fact("longest time without a running copy", Ms(one.BlackoutMs));
        foreach (var then in one.Afterwards)
            Fact("then", then);
        if (one.Guest is { } guest)
        {
            Fact("guest", string.Create(
                CultureInfo.InvariantCulture,
                $"{guest.Heartbeats} heartbeats, {guest.PagesVerified} pages checked, {guest.Bad} bad"));
            foreach (var note in guest.Notes)
                Fact("guest", note);
        }

        page.Append("</dl>\n");
    }

    // The '#' of a repetition would begin a fragment of its own.
    private static string Anchor(string id) => Text(id.Replace('#', '-').Replace(' ', '-'));

    private static string? Ms(double? milliseconds) =>
        milliseconds is { } ms ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.#} ms") : null;

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.Ordinal);

    private static string ClassOf(Verdict verdict) => verdict switch
    {
        Verdict.Held => "held",
        Verdict.Broken => "broken",
        Verdict.NotCarriedOut => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "not a verdict"),
    };

    // Beside the colour: not everybody sees it, and paper has none.
    private static string Sign(Verdict verdict) => verdict switch
    {
        Verdict.Held => "&#10003;",
        Verdict.Broken => "&#10007;",
        Verdict.NotCarriedOut => "?",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "not a verdict"),
    };
}
