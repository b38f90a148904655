using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Demo;

/// <summary>One combination and what came of it.</summary>
public sealed record DemoCell(string Kill, string At, CaseReport? Report, string? Problem)
{
    /// <summary>It could be carried out, the rules held and the guest is clean.</summary>
    public bool Ok => Report is { Ok: true };
}

/// <summary>Every victim at every stage, one demo after the other.</summary>
internal static class DemoMatrix
{
    /// <summary>Runs all of them.</summary>
    /// <param name="run">One demo.</param>
    /// <param name="done">Hears each when it is done.</param>
    /// <param name="cancellation">Ends the demo under way and the rest.</param>
    public static async Task<IReadOnlyList<DemoCell>> RunAsync(
        Func<FaultVictim, FaultStage, Task<CaseReport>> run, Action<DemoCell> done, CancellationToken cancellation)
    {
        var cells = new List<DemoCell>();
        foreach (var stage in FaultNames.AllStages)
        {
            foreach (var victim in DemoFaults.Victims)
            {
                cancellation.ThrowIfCancellationRequested();
                var cell = await OneAsync(victim, stage, run);
                cells.Add(cell);
                done(cell);
            }
        }

        return cells;
    }

    /// <summary>As JSON, on one line.</summary>
    public static string ToJson(IReadOnlyList<DemoCell> cells) =>
        JsonSerializer.Serialize(cells, CaseJson.Default.IReadOnlyListDemoCell);

    /// <summary>As a table for docs/testing.md: a row for each stage, a column for each victim.</summary>
    public static string ToMarkdown(IReadOnlyList<DemoCell> cells)
    {
        var text = new StringBuilder();
        text.Append("| at |").AppendJoin('|', DemoFaults.VictimWords.Select(v => $" {v} ")).AppendLine("|");
        text.Append("|---|").AppendJoin('|', DemoFaults.VictimWords.Select(_ => "---")).AppendLine("|");
        foreach (var row in cells.GroupBy(c => c.At, StringComparer.Ordinal))
        {
            var cellsOfRow = row.Select(c => $" {Summary(c)} ").Prepend($" {row.Key} ");
            text.Append('|').AppendJoin('|', cellsOfRow).AppendLine("|");
        }

        return text.ToString();
    }

    /// <summary>What came of it, in a few words.</summary>
    public static string Summary(DemoCell cell)
    {
        if (cell.Report is not { } report)
            return $"**not carried out**: {cell.Problem}";
        var text = new StringBuilder(report.Outcome);
        if (report.Reason is { } reason)
            text.Append(CultureInfo.InvariantCulture, $": {reason}");
        if (report.Attempts > 1)
        {
            var failed = string.Join(", ", report.FailedAttempts);
            text.Append(CultureInfo.InvariantCulture, $", {report.Attempts} attempts ({failed})");
        }
        if (!report.Ok)
        {
            var broken = report.Rules.Values.Where(r => !r.Held).Select(r => r.Name)
                .Concat(report.GuestCheck.Clean ? [] : ["guest"]);
            text.Append(CultureInfo.InvariantCulture, $" **BROKEN: {string.Join(", ", broken)}**");
        }

        return text.ToString();
    }

    private static async Task<DemoCell> OneAsync(
        FaultVictim victim, FaultStage stage, Func<FaultVictim, FaultStage, Task<CaseReport>> run)
    {
        var (kill, at) = (FaultNames.WordOf(victim), FaultNames.WordOf(stage));
        try
        {
            return new DemoCell(kill, at, await run(victim, stage), null);
        }
        catch (LabException e)
        {
            return new DemoCell(kill, at, null, e.Message);
        }
    }
}
