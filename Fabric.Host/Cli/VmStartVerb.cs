using System.CommandLine;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm start</c>: waits until it runs.</summary>
internal static class VmStartVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("vm") { Description = "Its name" };
        var wait = new VmWait();
        var command = new Command("start", "Run a VM at its owner") { name };
        wait.AddTo(command);
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var vm = await client.StartVmAsync(run.Get(name), cancellation);
            return await wait.UntilAsync(run, client, vm, "running", cancellation);
        });
    }
}
