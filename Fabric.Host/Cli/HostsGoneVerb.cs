using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary>
/// <c>fabric hosts gone HOST --yes-i-know</c>: the operator's word, journalled with the name in the certificate, that
/// what ran on a host runs no more.
/// </summary>
internal static class HostsGoneVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("host") { Description = "Its name" };
        var sure = new Option<bool>("--yes-i-know")
        {
            Description = "It is switched off or destroyed: a guest that still runs there would run twice",
        };
        var command = new Command(
            "gone", "Declare a host gone for good, for migrations that wait for it")
        {
            name,
            sure,
        };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            if (!run.Get(sure))
            {
                throw new UsageException(
                    $"If a guest still runs on {run.Get(name)}, this lets it run twice. Switch the host off first, " +
                    "then say --yes-i-know.");
            }

            var done = await client.DeclareGoneAsync(run.Get(name), cancellation);
            run.Output.Write(done, ApiJson.Default.Done, writer => writer.WriteLine(done.Text));
            return ExitCode.Ok;
        });
    }
}
