using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric leftovers</c>.</summary>
internal static class LeftoversVerb
{
    public static Command Create(CliContext cli)
    {
        var all = new Option<bool>("--all")
        {
            Description = "Also what migrations under way go on from",
        };
        return ClientVerb.Of(
            cli,
            new Command("leftovers", "List images of disks that nobody needs any more, and what becomes of them") { all },
            async (run, client, cancellation) =>
            {
                var list = await client.ListLeftoversAsync(run.Get(all), cancellation);
                run.Output.Write(list, ApiJson.Default.LeftoverList, writer =>
                {
                    var table = new TextTable("HOST", "VM", "DISK", "KIND", "FILE", "WHAT BECOMES OF IT");
                    foreach (var (host, left, neededBy, becomes) in list.Leftovers)
                    {
                        table.Add(host.Value, left.Vm?.Value, left.Disk?.Value, $"{left.Kind}", left.Path,
                            neededBy is { } migration ? $"{migration}: {becomes}" : becomes);
                    }

                    if (list.Leftovers.Count == 0)
                        writer.WriteLine("Nothing is left over.");
                    else
                        table.WriteTo(writer);
                    foreach (var host in list.Unseen)
                        writer.WriteLine($"{host} is not connected: what it has is not known.");
                });
                return ExitCode.Ok;
            });
    }
}
