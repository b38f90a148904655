using Fabric.Host.Faults.Run;
using Spectre.Console;

namespace Fabric.Host.Faults.Report;

/// <summary>What was broken by stage, for a terminal.</summary>
internal static class MatrixTable
{
    /// <param name="faults">Rows, in order.</param>
    /// <param name="stages">Columns, in order.</param>
    /// <param name="done">Cases so far.</param>
    public static Table Of(
        IEnumerable<string> faults, IReadOnlyList<string> stages, IReadOnlyList<CaseResult> done)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("");
        foreach (var stage in stages)
            table.AddColumn(Markup.Escape(stage));
        foreach (var fault in faults)
        {
            var cells = stages.Select(stage => done.Where(c =>
                string.Equals(c.Fault, fault, StringComparison.Ordinal)
                && string.Equals(c.Stage, stage, StringComparison.Ordinal)).ToList());
            table.AddRow([Markup.Escape(fault), .. cells.Select(c => c.Count == 0 ? "" : Cell(CaseText.Worst(c)))]);
        }

        return table;
    }

    private static string Cell(CaseResult one) => one.Verdict switch
    {
        Verdict.Held => $"[green]{Markup.Escape(CaseText.Short(one))}[/]",
        Verdict.Broken => $"[red bold]{Markup.Escape(CaseText.Short(one))}[/]",
        Verdict.NotCarriedOut => $"[yellow]{Markup.Escape(CaseText.Short(one))}[/]",
        _ => throw new ArgumentOutOfRangeException(nameof(one), one.Verdict, "not a verdict"),
    };
}
