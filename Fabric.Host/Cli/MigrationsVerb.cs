using System.CommandLine;

namespace Fabric.Host.Cli;

/// <summary><c>fabric migrations [list|show]</c>.</summary>
internal static class MigrationsVerb
{
    private const int LimitDefault = 20;

    public static Command Create(CliContext cli)
    {
        var command = List(cli, "migrations");
        command.Subcommands.Add(List(cli, "list"));
        command.Subcommands.Add(ShowOne(cli));
        return command;
    }

    private static Command List(CliContext cli, string name)
    {
        var limit = new Option<int>("--limit") { Description = "How many", DefaultValueFactory = _ => LimitDefault };
        var before = new Option<long?>("--before") { Description = "Go on where the last page ended" };
        var vm = new Option<string?>("--vm") { Description = "Only this VM's", HelpName = "vm" };
        var command = new Command(name, "List migrations, newest first") { limit, before, vm };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var page = await client.ListMigrationsAsync(run.Get(before), run.Get(limit), run.Get(vm), cancellation);
            MigrationText.WriteList(run.Output, page);
            return ExitCode.Ok;
        });
    }

    private static Command ShowOne(CliContext cli)
    {
        var id = new Argument<string>("migration") { Description = "Its name" };
        var command = new Command("show", "Show one migration, with every part of its downtime") { id };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            MigrationText.Write(run.Output, await client.GetMigrationAsync(run.Get(id), cancellation));
            return ExitCode.Ok;
        });
    }
}
