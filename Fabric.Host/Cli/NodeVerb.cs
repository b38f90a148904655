using System.CommandLine;
using Fabric.Host.Nodes;

namespace Fabric.Host.Cli;

/// <summary><c>fabric node</c>: runs a node until SIGTERM or SIGINT.</summary>
internal static class NodeVerb
{
    public const string Name = "node";

    public static Command Create()
    {
        var config = new Option<string>("--config", "-c")
        {
            Description = "The node's file",
            HelpName = "file",
            Required = true,
        };
        var command = new Command(Name, "Run a node: coordinator, host or both") { config };
        command.SetAction((parsed, cancellation) =>
            NodeProgram.RunAsync(parsed.GetRequiredValue(config), cancellation));
        return command;
    }
}
