using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fabric.Host.Api;

namespace Fabric.Host.Cli;

/// <summary><c>fabric version</c>.</summary>
internal static class VersionVerb
{
    public static Command Create(CliContext cli)
    {
        var json = Output.JsonOption();
        var command = new Command("version", "Show the program's version") { json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
            {
                new Output(cli, json: true).WriteLine(new JsonObject
                {
                    ["version"] = HostRoutes.Version,
                    ["runtime"] = RuntimeInformation.FrameworkDescription,
                });
            }
            else
            {
                cli.Out.WriteLine($"fabric {HostRoutes.Version} on {RuntimeInformation.FrameworkDescription}");
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
