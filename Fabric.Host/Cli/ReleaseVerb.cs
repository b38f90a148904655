using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric release-hold</c>: lets a migration go on that a fault plan holds.</summary>
internal static class ReleaseVerb
{
    public static Command Create(CliContext cli) => ClientVerb.Of(
        cli, new Command("release-hold", "Let a migration go on that a fault plan (faults.hold-at) holds"),
        async (run, client, cancellation) =>
        {
            var done = await client.ReleaseHoldAsync(cancellation);
            run.Output.Write(done, ApiJson.Default.Done, writer => writer.WriteLine(done.Text));
            return ExitCode.Ok;
        });
}
