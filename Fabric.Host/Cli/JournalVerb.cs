using System.CommandLine;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric journal</c>: what was recorded of a migration, one line an event.</summary>
internal static class JournalVerb
{
    public static Command Create(CliContext cli)
    {
        var id = new Argument<string>("migration") { Description = "Its name" };
        var command = new Command("journal", "Show what was recorded of a migration") { id };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var all = new List<JournalEntry>();
            long? after = 0;
            while (after is { } from)
            {
                var page = await client.JournalAsync(run.Get(id), from, cancellation);
                all.AddRange(page.Events);
                after = page.Next;
            }

            run.Output.Write(new JournalPage(all, null), ApiJson.Default.JournalPage, writer =>
            {
                var table = new TextTable("#", "TIME", "EVENT", "MEANING");
                foreach (var entry in all)
                    table.Add(Show.Text($"{entry.Version}"), Show.Clock(entry.At), entry.Name, EventText.Of(entry));
                table.WriteTo(writer);
            });
            return ExitCode.Ok;
        });
    }
}
