using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary>One line an event, fit for a log; with numbers when asked for on what is no terminal.</summary>
internal sealed class LineDisplay(Output output, bool numbers) : FollowDisplay
{
    public override void Entry(JournalEntry entry) =>
        output.Say($"{Show.Clock(entry.At)}  {Output.Shown(EventText.Of(entry))}");

    public override void Progress(TransferSeen seen)
    {
        if (numbers)
            output.Say($"{Show.Clock(seen.At)}  {ProgressText.Of(seen)}");
    }

    public override void Held(HeldNotice held)
    {
        var most = Show.Ms(held.MillisecondsMax);
        output.Say($"              a fault plan holds it at {Show.Stage(held.Stage)} for up to {most}:");
        output.Say("              'fabric release-hold' lets it go on");
    }

    public override void Line(LineNotice line) => output.Say($"              {LinkText.Of(line.Line)}");

    public override void Outcome(MigrationSummary migration) => output.Write(
        migration, ApiJson.Default.MigrationSummary, writer =>
        {
            writer.WriteLine(MigrationText.Headline(migration));
            MigrationText.WriteWhy(writer, migration);
            MigrationText.WriteDowntime(writer, migration);
        });
}
