using System.CommandLine;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm stop</c>: asks the guest, or ends it; waits until it has ended.</summary>
internal static class VmStopVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("vm") { Description = "Its name" };
        var force = new Option<bool>("--force") { Description = "At once, without asking the guest" };
        var wait = new VmWait();
        var command = new Command("stop", "End a VM") { name, force };
        wait.AddTo(command);
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var vm = await client.StopVmAsync(run.Get(name), run.Get(force), cancellation);
            return await wait.UntilAsync(run, client, vm, "stopped", cancellation);
        });
    }
}
