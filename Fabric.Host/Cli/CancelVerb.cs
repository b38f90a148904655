using System.CommandLine;
using System.Net;
using Fabric.Host.Api.Contracts;
using Fabric.Host.Client;

namespace Fabric.Host.Cli;

/// <summary><c>fabric cancel ID|VM</c>: asks for the VM to stay.</summary>
internal static class CancelVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("migration-or-vm") { Description = "A migration, or the VM that one has" };
        var command = new Command("cancel", "Cancel a migration; the VM goes on at the source") { name };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var id = await MigrationOfAsync(client, run.Get(name), cancellation);
            var done = await client.CancelMigrationAsync(id, cancellation);
            run.Output.Write(done, ApiJson.Default.Done, writer => writer.WriteLine($"{id}: {done.Text}"));
            return ExitCode.Ok;
        });
    }

    /// <summary>The migration of that name, or the one that the VM of that name is in.</summary>
    public static async Task<string> MigrationOfAsync(FabricClient client, string name, CancellationToken cancellation)
    {
        try
        {
            return (await client.GetMigrationAsync(name, cancellation)).Id.Value;
        }
        catch (FabricApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            var vm = await client.GetVmAsync(name, cancellation);
            return vm.Migration?.Value ?? throw new FabricApiException(
                HttpStatusCode.Conflict, "conflict", $"VM {name} is {vm.State}; no migration has it.", null);
        }
    }
}
