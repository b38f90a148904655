using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric migrate VM --to HOST</c>: moves a running VM and follows it to the outcome.</summary>
internal static class MigrateVerb
{
    public static Command Create(CliContext cli)
    {
        var vm = new Argument<string>("vm") { Description = "The VM to move" };
        var to = new Option<string>("--to")
        {
            Description = "The host to move it to",
            HelpName = "host",
            Required = true,
        };
        var watch = new Option<bool>("--watch") { Description = "Show rounds, rates and an estimate while it runs" };
        var detach = new Option<bool>("--detach") { Description = "Do not wait for the outcome" };
        var attempts = new Option<int?>("--attempts") { Description = "How often it is tried", HelpName = "number" };
        var named = new Option<string[]>("--named-address")
        {
            Description = "An address that the VM's name in DNS leads to at the target (network of kind tunnel); repeat it for more",
            HelpName = "address",
        };
        var rates = new RateOptions();
        var copy = new Option<string?>("--disk-copy")
        {
            Description = "How the last of its disks is copied: in rounds, or each write waits until the target has it",
        };
        copy.AcceptOnlyFromAmong([.. DecisionText.DiskCopyWords]);
        var deadline = UnitOptions.Duration("--deadline", "From the request to the commit, all attempts together");
        var switchover = UnitOptions.Duration("--switchover-timeout", "From the pause to the commit");
        var reconnect = UnitOptions.Duration("--reconnect-for", "How long to look for a server that goes away (30s)");
        var command = new Command("migrate", "Move a running VM to another host")
        {
            vm, to, watch, detach, attempts, deadline, switchover, reconnect, named, copy, MigrateSetVerb.Create(cli),
        };
        rates.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(watch) && result.GetValue(detach))
                result.AddError("--watch and --detach exclude each other.");
        });
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var send = rates.Of(run);
            var asked = new PolicyRequest
            {
                AttemptsMax = run.Get(attempts),
                DowntimeLimitMs = send.DowntimeLimitMs,
                BandwidthMin = send.BandwidthMin,
                BandwidthMax = send.BandwidthMax,
                Convergence = send.Convergence,
                Connections = send.Connections,
                DiskWritesMin = send.DiskWritesMin,
                DiskCopy = run.Get(copy) is { } word ? DecisionText.DiskCopyOf(word) : null,
                DeadlineMs = run.Get(deadline),
                SwitchoverTimeoutMs = run.Get(switchover),
            };
            var begun = await client.MigrateAsync(
                run.Get(vm),
                new MigrateRequest
                {
                    Target = run.Get(to)!,
                    Policy = asked,
                    NamedAddresses = run.Get(named) is { Length: > 0 } addresses ? addresses : null,
                },
                cancellation);
            if (run.Get(detach))
            {
                run.Output.Write(begun, ApiJson.Default.MigrationSummary, writer =>
                    writer.WriteLine($"{begun.Id} is accepted; see 'fabric migrations show {begun.Id}'."));
                return ExitCode.Ok;
            }

            FollowDisplay display = (run.Get(watch), run.Output.IsJson) switch
            {
                (true, true) => new JsonDisplay(run.Output),
                (true, false) when cli.IsTerminal => new LiveDisplay(run.Cli.Out),
                _ => new LineDisplay(run.Output, numbers: run.Get(watch)),
            };
            return await new Follower(run, client, begun.Id.Value, display, run.Get(reconnect)).RunAsync(cancellation);
        });
    }
}
