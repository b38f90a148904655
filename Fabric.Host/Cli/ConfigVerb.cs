using System.CommandLine;
using Fabric.Host.Configuration;

namespace Fabric.Host.Cli;

/// <summary><c>fabric config render|check</c>.</summary>
internal static class ConfigVerb
{
    public static Command Create(CliContext cli) => new("config", "Configuration files")
    {
        Verb(cli, "render", "Print what a file resolves to, as JSON", ConfigRender.Run),
        Verb(cli, "check", "Say everything that is wrong with a node's file", ConfigCheck.Run),
    };

    private static Command Verb(
        CliContext cli, string name, string description,
        Func<string, bool, TextWriter, TextWriter, Func<string, string?>, int> run)
    {
        var file = new Argument<string>("file") { Description = "The file" };
        var json = Output.JsonOption();
        var command = new Command(name, description) { file, json };
        command.SetAction(parsed =>
            run(parsed.GetRequiredValue(file), parsed.GetValue(json), cli.Out, cli.Error, cli.Environment));
        return command;
    }
}
