using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric migrate set VM|ID</c>: changes how a migration under way sends.</summary>
internal static class MigrateSetVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("migration-or-vm") { Description = "A migration, or the VM that one has" };
        var rates = new RateOptions();
        var command = new Command("set", "Change how a migration under way sends, and when it ends") { name };
        rates.AddTo(command);
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var change = rates.Of(run);
            if (change == new TransferRequest())
            {
                throw new UsageException(
                    "Say what is to change: --rate, --rate-min, --rate-max, --downtime, --policy, --connections or "
                    + "--disk-writes-min.");
            }

            var id = await CancelVerb.MigrationOfAsync(client, run.Get(name), cancellation);
            var done = await client.AdjustMigrationAsync(id, change, cancellation);
            run.Output.Write(done, ApiJson.Default.Done, writer => writer.WriteLine($"{id}: {done.Text}"));
            return ExitCode.Ok;
        });
    }
}
