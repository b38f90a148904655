using System.Globalization;
using Fabric.Host.Faults.Report;
using Spectre.Console;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// How far the suite is. On a terminal the matrix fills as cases end; else each case is a line. The matrix stays at the
/// end.
/// </summary>
internal sealed class SuiteScreen(IAnsiConsole console)
{
    private LiveDisplayContext? _live;
    private IReadOnlyList<SuiteCase> _cases = [];
    private IReadOnlyList<CaseResult> _done = [];

    /// <summary>Shows what is done in the meantime.</summary>
    public async Task ShowAsync(IReadOnlyList<SuiteCase> cases, IReadOnlyList<CaseResult> done, Func<Task> run)
    {
        (_cases, _done) = (cases, done);
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Capabilities.Ansi)
        {
            await run();
            console.Write(Matrix());
            return;
        }

        await console.Live(Matrix()).Overflow(VerticalOverflow.Ellipsis).StartAsync(async live =>
        {
            _live = live;
            await run();
            live.UpdateTarget(Matrix());
        });
        _live = null;
    }

    /// <summary>A case begins.</summary>
    public void Begins(SuiteCase one, int done, string left) => _live?.UpdateTarget(new Rows(
        Matrix(),
        new Text(string.Create(CultureInfo.InvariantCulture, $"{done} of {_cases.Count} done{left}")),
        new Text($"now {one.Id}: {one.What}") { Overflow = Overflow.Ellipsis }));

    /// <summary>A case ended.</summary>
    public void Ended(CaseResult result, int done)
    {
        if (_live is not null)
            return;
        var colour = result.Verdict switch
        {
            Verdict.Held => "green",
            Verdict.Broken => "red",
            Verdict.NotCarriedOut => "yellow",
            _ => throw new ArgumentOutOfRangeException(nameof(result), result.Verdict, "not a verdict"),
        };
        var head = string.Create(
            CultureInfo.InvariantCulture, $"[grey]{done,4}/{_cases.Count} {result.DurationMs / 1000,5:0.0} s[/] ");
        console.MarkupLine($"{head}{Markup.Escape(result.Id),-38} [{colour}]{Markup.Escape(CaseText.Of(result))}[/]");
    }

    /// <summary>What was wrong, after the matrix.</summary>
    public void Sum(FaultReport report)
    {
        foreach (var one in report.Cases.Where(c => c.Verdict != Verdict.Held))
        {
            console.MarkupLine($"[red]{Markup.Escape(one.Id)}[/]");
            foreach (var fault in one.Faults)
                console.MarkupLine($"  {Markup.Escape(fault)}");
        }

        console.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Held} held, {report.Broken} broken, {report.NotCarriedOut} not carried out, in " +
            $"{report.DurationMs / 60_000:0.0} minutes."));
    }

    private Table Matrix() => MatrixTable.Of(
        _cases.Select(c => c.Fault).Distinct(StringComparer.Ordinal),
        [.. FaultNames.StageWords.Where(s => _cases.Any(c => string.Equals(c.Stage, s, StringComparison.Ordinal)))],
        _done);
}
