using System.CommandLine;
using Fabric.Actors.Coordination;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm list</c>: all VMs, page by page.</summary>
internal static class VmListVerb
{
    public static Command Create(CliContext cli) => ClientVerb.Of(
        cli, new Command("list", "List all VMs"), async (run, client, cancellation) =>
        {
            var all = new List<VmSummary>();
            string? after = null;
            do
            {
                var page = await client.ListVmsAsync(after, cancellation);
                all.AddRange(page.Vms);
                after = page.Next;
            }
            while (after is not null);
            VmText.WriteList(run.Output, new VmPage(all, null));
            return ExitCode.Ok;
        });
}
