using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>Migrations as people read them.</summary>
internal static class MigrationText
{
    public static void WriteList(Output output, MigrationPage page) =>
        output.Write(page, ApiJson.Default.MigrationPage, writer =>
        {
            var table = new TextTable(
                "ID", "VM", "FROM", "TO", "STANDS", "ATTEMPT", "ROUNDS", "DOWNTIME", "STARTED", "REASON");
            foreach (var m in page.Migrations)
            {
                table.Add(m.Id.Value, m.Vm.Value, m.Source.Value, m.Target.Value, Show.Standing(m),
                    Show.Text($"{m.Attempt}"), Show.Text($"{m.RoundsDone}"),
                    m.Downtime is { } d ? Show.Ms(d.TotalMs) : null, Show.At(m.StartedAt), m.Reason?.ToString());
            }

            table.WriteTo(writer);
            if (page.Next is { } next)
                writer.WriteLine(Show.Text($"There are more: --before {next}"));
        });

    public static void Write(Output output, MigrationSummary m) =>
        output.Write(m, ApiJson.Default.MigrationSummary, writer =>
        {
            writer.WriteLine(Headline(m));
            WriteWhy(writer, m);
            WriteFacts(writer, m);
            WriteDowntime(writer, m);
        });

    public static string Headline(MigrationSummary m) =>
        $"{m.Id}: {m.Vm} from {m.Source} to {m.Target}: {Show.Standing(m)}" +
        (m.Keeper is { } keeper ? $", kept by {keeper}" : "");

    public static void WriteWhy(TextWriter writer, MigrationSummary m)
    {
        if (m.Reason is { } reason)
            writer.WriteLine($"  why: {reason}{(m.Detail is { } detail ? $" ({Output.Shown(detail)})" : "")}");
        if (m.Advice is { } advice)
            writer.WriteLine($"  what to do: {advice}");
        if (m.HeldAt is { } stage)
            writer.WriteLine($"  a fault plan holds it at {Show.Stage(stage)}: 'fabric release-hold' lets it go on");
    }

    public static void WriteDowntime(TextWriter writer, MigrationSummary m)
    {
        if (m.Downtime is not { } d)
            return;
        writer.WriteLine($"  downtime {Show.Ms(d.TotalMs)}:");
        var table = new TextTable("    last pages", Show.Ms(d.LastPagesMs));
        AddStep(table, "      rest of the disks", d.DisksMs);
        AddStep(table, "      last bytes, disks let go", d.LastBytesMs);
        AddStep(table, "      noting the hand-over", d.HandOffNoteMs);
        table.Add("    load", Show.Ms(d.LoadMs));
        table.Add("    commit and orders", Show.Ms(d.CommitMs));
        AddStep(table, "      writing the commit", d.CommitNoteMs);
        table.Add("    noting the grant", Show.Ms(d.GrantMs));
        AddStep(table, "    turning the network", d.NetworkMs);
        table.Add("    starting the vCPUs", Show.Ms(d.RunMs));
        AddStep(table, "    (the hypervisor's own figure)", d.HypervisorMs);
        AddStep(table, "  source released after", d.ReleaseMs);
        table.WriteTo(writer);
    }

    private static void AddStep(TextTable table, string step, double? ms)
    {
        if (ms is { } known)
            table.Add(step, Show.Ms(known));
    }

    private static void WriteFacts(TextWriter writer, MigrationSummary m)
    {
        var table = new TextTable("  stage", Show.Stage(m.Stage));
        table.Add("  started", Show.At(m.StartedAt));
        table.Add("  ended", Show.At(m.EndedAt));
        table.Add("  attempts", Show.Text($"{m.Attempt} of {m.Policy.AttemptsMax}"));
        foreach (var a in m.Attempts ?? [])
        {
            if (a.Reason is { } reason)
            {
                var why = a.Detail is null ? $"{reason}" : $"{reason} ({a.Detail})";
                table.Add(Show.Text($"    attempt {a.Number}"), why);
            }
        }

        table.Add("  sent with", DecisionText.Of(m.Policy.Transfer));
        table.Add("  rounds", Show.Text($"{m.RoundsDone}"));
        foreach (var r in m.Rounds ?? [])
        {
            var (pages, took) = (Show.Bytes(r.Round.Bytes), Show.Ms(r.Round.DurationMs));
            table.Add(
                Show.Text($"    {r.Attempt}.{r.Round.Number}"),
                Show.Text($"{r.Round.Pages} pages, {pages}, {took}, {r.Round.DirtyPages} dirty"));
        }

        foreach (var d in m.Decisions ?? [])
            table.Add(Show.Text($"    decision {d.Attempt}.{d.Decision.Number}"), DecisionText.Of(d.Decision));
        if (m.Transfer is { } seen)
        {
            table.Add("  guest bytes sent", Show.Bytes(seen.Progress.TransferredBytes));
            foreach (var disk in seen.Progress.Disks ?? [])
                table.Add($"  disk {disk.Id}", DiskText.Of(disk));
            if (m.Outcome is null && seen.Progress.LinkDownSince is { } since)
                table.Add("  link down since", Show.At(since));
        }

        if (m.Transfer is { Progress.Link: { } link } && m.Outcome is null)
            table.Add("  data link", LinkText.Of(link));
        if (m.Line is { } line)
            table.Add("  link between sites", LinkText.Of(line));
        if ((m.WireBytes ?? m.Transfer?.Progress.WireBytes) is { } wire)
            table.Add("  wire bytes", Show.Bytes(wire));
        if (m.Transfer?.Progress.PageWork is { } work)
            PageWorkText.AddTo(table, work);

        table.WriteTo(writer);
    }

    /// <summary>What a program is told of a migration's end.</summary>
    public static int ExitCodeOf(MigrationSummary m) => m.Outcome switch
    {
        MigrationOutcome.Completed => ExitCode.Ok,
        MigrationOutcome.Refused => ExitCode.Refused,
        MigrationOutcome.RolledBack => ExitCode.NotCompleted,
        MigrationOutcome.Lost => ExitCode.NeedsOperator,
        null when m.Stage == StageKind.OnHold => ExitCode.NeedsOperator,
        _ => ExitCode.Unknown,
    };
}
