using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric hosts</c>.</summary>
internal static class HostsVerb
{
    public static Command Create(CliContext cli) => ClientVerb.Of(
        cli, new Command("hosts", "List all hosts that ever joined") { HostsGoneVerb.Create(cli) },
        async (run, client, cancellation) =>
        {
            var list = await client.ListHostsAsync(cancellation);
            run.Output.Write(list, ApiJson.Default.HostList, writer =>
            {
                var table = new TextTable("NAME", "LINK", "HYPERVISOR", "MEMORY", "FREE", "DATA", "JOINED");
                foreach (var host in list.Hosts)
                {
                    var facts = host.Facts;
                    table.Add(host.Name.Value, host.Connected ? "connected" : "lost",
                        facts?.Problem ?? facts?.Hypervisor, facts is null ? null : Show.Bytes(facts.MemoryBytes),
                        facts is null ? null : Show.Bytes(facts.MemoryFreeBytes), facts?.Data.ToString(),
                        Show.At(host.JoinedAt));
                }

                table.WriteTo(writer);
                foreach (var detour in list.Hosts.SelectMany(static h => h.Facts?.Detours ?? []))
                {
                    writer.WriteLine(
                        $"{detour.Vm}: {detour.Packets} packets, {Show.Bytes(detour.Bytes)}, came by way of {detour.By} "
                        + $"({detour.Migration}){(detour.Stays ? ", and its old address goes on doing so" : "")}.");
                }
            });
            return ExitCode.Ok;
        });
}
