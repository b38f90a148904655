using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm delete</c>: forgets a stopped VM.</summary>
internal static class VmDeleteVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("vm") { Description = "Its name" };
        var command = new Command("delete", "Forget a stopped VM") { name };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            await client.DeleteVmAsync(run.Get(name), cancellation);
            var done = new Done($"VM {run.Get(name)} is deleted.");
            run.Output.Write(done, ApiJson.Default.Done, writer => writer.WriteLine(done.Text));
            return ExitCode.Ok;
        });
    }
}
