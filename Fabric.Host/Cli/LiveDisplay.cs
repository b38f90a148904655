using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Spectre.Console;

namespace Fabric.Host.Cli;

/// <summary>A table that is drawn anew with each event; it ends with the parts of the downtime.</summary>
internal sealed class LiveDisplay(TextWriter output) : FollowDisplay
{
    private const int EventsShown = 6;
    private const double PageBytes = 4096;

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(output),
    });

    private readonly Queue<string> _last = new();
    private LiveDisplayContext? _live;
    private MigrationSummary? _migration;
    private TransferSeen? _seen;
    private string? _held;
    private string? _line;

    public override Task<MigrationSummary> RunAsync(Func<Task<MigrationSummary>> follow) =>
        _console.Live(new Table()).StartAsync(async live =>
        {
            _live = live;
            return await follow();
        });

    public override void Snapshot(MigrationSummary migration)
    {
        _migration = migration;
        _seen = migration.Transfer ?? _seen;
        Draw();
    }

    public override void Entry(JournalEntry entry)
    {
        if (_last.Count == EventsShown)
            _last.Dequeue();
        _last.Enqueue($"{Show.Clock(entry.At)}  {Output.Shown(EventText.Of(entry))}");
        _held = null;
        Draw();
    }

    public override void Progress(TransferSeen seen)
    {
        _seen = seen;
        Draw();
    }

    public override void Held(HeldNotice held)
    {
        _held = $"a fault plan holds it at {Show.Stage(held.Stage)}";
        Draw();
    }

    public override void Line(LineNotice line)
    {
        _line = LinkText.Of(line.Line);
        Draw();
    }

    public override void Outcome(MigrationSummary migration)
    {
        output.WriteLine(MigrationText.Headline(migration));
        MigrationText.WriteWhy(output, migration);
        MigrationText.WriteDowntime(output, migration);
    }

    private void Draw()
    {
        if (_migration is not { } m)
            return;
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns("", "");
        Row("migration", $"{m.Id}: {m.Vm} from {m.Source} to {m.Target}");
        Row("stage", _held ?? Show.Standing(m));
        if ((_line ?? (m.Line is { } sight ? LinkText.Of(sight) : null)) is { } line)
            Row("between sites", line);
        if (_seen is { } seen)
        {
            var p = seen.Progress;
            Row("attempt, round", Show.Text($"{seen.Attempt}, {p.Round}"));
            Row("remaining", $"{Show.Bytes(p.RemainingBytes)} of {Show.Bytes(p.TotalBytes)}");
            Row("sent", $"{Show.Bytes(p.TransferredBytes)}, {Show.Bytes(p.WireBytes)} on the wire");
            foreach (var disk in p.Disks ?? [])
                Row($"disk {disk.Id}", DiskText.Of(disk));
            if (p.PageWork is { } work)
                Row("page work", PageWorkText.Of(work));
            Row("bandwidth", Show.Rate(p.BytesPerSecond));
            if (p.Link is { } link)
                Row("data link", LinkText.Of(link));
            Row("dirtying", Show.Text(
                $"{Show.Rate(p.DirtyPagesPerSecond * PageBytes)} ({p.DirtyPagesPerSecond} pages/s)"));
            if (p.LinkDownSince is { } since)
                Row("link down since", Show.At(since));
            else
                Row("done in", EtaRange.Of(p).ToString());
        }

        foreach (var last in _last)
            Row("", last);
        _live?.UpdateTarget(table);
        _live?.Refresh();

        void Row(string name, string value) => table.AddRow(new Text(name), new Text(value));
    }
}
