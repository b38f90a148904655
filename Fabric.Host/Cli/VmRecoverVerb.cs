using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm recover</c>: an operator accepts that a held VM goes on from its paused copy.</summary>
internal static class VmRecoverVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("vm") { Description = "Its name" };
        var command = new Command("recover", "Let a held VM go on from its paused copy at the source") { name };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var done = await client.RecoverVmAsync(run.Get(name), cancellation);
            run.Output.Write(done, ApiJson.Default.Done, writer => writer.WriteLine(done.Text));
            return ExitCode.Ok;
        });
    }
}
