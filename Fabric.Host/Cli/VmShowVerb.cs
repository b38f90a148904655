using System.CommandLine;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm show</c>.</summary>
internal static class VmShowVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("vm") { Description = "Its name" };
        return ClientVerb.Of(cli, new Command("show", "Show one VM") { name }, async (run, client, cancellation) =>
        {
            VmText.Write(run.Output, await client.GetVmAsync(run.Get(name), cancellation));
            return ExitCode.Ok;
        });
    }
}
