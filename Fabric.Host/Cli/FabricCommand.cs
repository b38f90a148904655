using System.CommandLine;
using Fabric.Host.Demo;

namespace Fabric.Host.Cli;

/// <summary>The program's verbs. Each is a file of its own and thin: verb, client, HTTP.</summary>
internal static class FabricCommand
{
    /// <summary>Runs a command line; the result is the exit code.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, CliContext cli, CancellationToken cancellation)
    {
        var parsed = Create(cli).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await cli.Error.WriteLineAsync($"fabric: {Output.Shown(error.Message)}");
            await cli.Error.WriteLineAsync("        'fabric --help' and 'fabric VERB --help' tell how it is used.");
            return ExitCode.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = cli.Out,
            Error = cli.Error,
            EnableDefaultExceptionHandler = false,
            // A node and a demo end in their own orderly way; all else is told of Ctrl-C and has this long to say how
            // to look again.
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name is NodeVerb.Name or DemoVerb.Name
                or GuestVerb.Name or ImpairVerb.Name or FaultsVerb.RunName or BenchVerb.WanName or StrategiesVerb.Name
                ? null
                : TimeSpan.FromSeconds(10),
        };
        return await parsed.InvokeAsync(configuration, cancellation);
    }

    private static RootCommand Create(CliContext cli)
    {
        var root = new RootCommand($"Moves running virtual machines between hosts.\n\n{ExitCode.Help}")
        {
            NodeVerb.Create(),
            new Command("vm", "Virtual machines")
            {
                VmCreateVerb.Create(cli),
                VmStartVerb.Create(cli),
                VmListVerb.Create(cli),
                VmShowVerb.Create(cli),
                VmWwsVerb.Create(cli),
                VmStopVerb.Create(cli),
                VmDeleteVerb.Create(cli),
                VmRecoverVerb.Create(cli),
            },
            MigrateVerb.Create(cli),
            MigrationsVerb.Create(cli),
            CancelVerb.Create(cli),
            HostsVerb.Create(cli),
            SitesVerb.Create(cli),
            LeftoversVerb.Create(cli),
            JournalVerb.Create(cli),
            ReleaseVerb.Create(cli),
            DemoVerb.Create(),
            FaultsVerb.Create(cli),
            BenchVerb.Create(cli),
            GuestVerb.Create(),
            ImpairVerb.Create(cli),
            CertsVerb.Create(cli),
            ConfigVerb.Create(cli),
            VersionVerb.Create(cli),
        };
        return root;
    }
}
