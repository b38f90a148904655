using System.Globalization;
using Fabric.Host.Cli;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;
using Spectre.Console;

namespace Fabric.Host.Faults.Run;

/// <summary>Tells what happens while it happens: one line a step.</summary>
internal sealed class CaseScreen(IAnsiConsole console, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>A step of the demo itself.</summary>
    public void Say(string text) => Line("white", text);

    /// <summary>Something was broken.</summary>
    public void Broke(BreakReport report)
    {
        var armed = report.Armed ? ", armed before" : "";
        Line("red", $"BROKE: {report.What} (journal: {report.Stage}, attempt {report.Attempt}{armed})");
    }

    /// <summary>An event came into the journal.</summary>
    public void Happened(MigrationState state, MigrationEvent happened)
    {
        var text = happened switch
        {
            MigrationRequested e => $"asked for: {e.Plan.Spec.Id} from {e.Plan.Source} to {e.Plan.Target}",
            AttemptStarted e => $"attempt {e.Attempt}",
            TargetReserved e => $"target reserved, takes data at {e.Endpoint}",
            StorageReady => "storage ready",
            DecisionTaken e => DecisionText.Of(e.Decision),
            RoundCompleted { Round: var r } => string.Create(CultureInfo.InvariantCulture,
                $"round {r.Number}: {r.Bytes / 1e6:0.0} MB in {r.DurationMs} ms, {r.DirtyPages} pages dirty"),
            SourcePaused => "source paused",
            SourceHandedOff e => e.Dead ? "source is dead" : "source handed off",
            TargetLoaded => "target loaded",
            Committed e => $"committed: {e.Owner} owns the VM, epoch {e.Epoch}",
            Activated => "target runs",
            AttemptAbandoned e => $"attempt abandoned: {e.Reason} {e.Detail}",
            RolledBack => "rolled back: source runs",
            CommitReverted e => $"commit reverted: {e.Reason}, {e.Owner} owns the VM, epoch {e.Epoch}",
            HeldForOperator e => $"held for the operator: {e.Reason} {e.Detail}",
            SourceDeclaredGone e => $"{e.By} declares the source's host gone",
            SourceCameBack => "the source's host is back",
            TargetDeclaredGone e => $"{e.By} declares the target's host gone",
            TargetCameBack => "the target's host is back",
            MigrationEnded e => $"outcome {e.Outcome} {e.Reason} {e.Detail}",
            CleanedUp e => $"{e.Side} cleaned up",
            _ => happened.GetType().Name,
        };
        Line("green", $"{FaultNames.WordOf(state.Stage.Kind),-16} {text}");
    }

    /// <summary>The summary.</summary>
    public void Show(CaseReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "");
        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
        var reason = report.Reason is { } given ? $" ({given})" : "";
        Row("outcome", $"{report.Outcome}{reason}, attempts {report.Attempts}");
        if (report.FailedAttempts.Count > 0)
            Row("failed attempts", string.Join(", ", report.FailedAttempts));
        if (report.Broke is { } broke)
            Row("broken", $"{broke.What}; journal: {broke.Stage}");
        Row("total", Ms(report.TotalMs));
        if (report is { DowntimeMs: { } downtime, DowntimeParts: { } parts })
        {
            Row("downtime", $"{Ms(downtime)} (last pages {Ms(parts.LastPagesMs)}, load {Ms(parts.LoadMs)}, " +
                $"commit {Ms(parts.CommitMs)}, grant {Ms(parts.GrantMs)}, run {Ms(parts.RunMs)})");
        }

        Row("longest blackout seen", Ms(report.ObservedBlackoutMs));
        Row("wire / memory", string.Create(
            CultureInfo.InvariantCulture, $"{report.WireBytes / 1e6:0.0} MB / {report.MemoryBytes / 1e6:0.0} MB"));
        foreach (var then in report.Afterwards)
            Row("then", then);
        var guest = report.GuestCheck;
        Row("guest", string.Create(CultureInfo.InvariantCulture,
            $"{guest.Heartbeats} heartbeats, {guest.PagesVerified} pages checked, {guest.Bad} bad, " +
            $"longest silence {guest.MaxGapMs:0} ms"));
        foreach (var note in guest.Notes)
            Row("", note);
        foreach (var rule in report.Rules.Values)
            Row(rule.Name, rule.Held ? "held" : string.Join("; ", rule.Violations));
        console.Write(table);
        console.MarkupLine(report.Ok
            ? "[green]The rules held and the guest is clean.[/]"
            : "[red]A RULE WAS BROKEN, or the guest is not clean.[/]");
    }

    private static string Ms(double ms) => string.Create(CultureInfo.InvariantCulture, $"{ms:0.#} ms");

    private void Line(string colour, string text)
    {
        var seconds = time.GetElapsedTime(_began).TotalSeconds;
        console.MarkupLine(string.Create(
            CultureInfo.InvariantCulture, $"[grey]{seconds,6:0.00}[/] [{colour}]{Markup.Escape(text.TrimEnd())}[/]"));
    }
}
