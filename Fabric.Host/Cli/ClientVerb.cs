using System.CommandLine;
using Fabric.Host.Client;
using Fabric.Transport.Security;

namespace Fabric.Host.Cli;

/// <summary>Makes a verb of what is done with a client: connection options, --json, and all errors.</summary>
internal static class ClientVerb
{
    /// <summary>Completes the command; the delegate's result is the exit code.</summary>
    public static Command Of(
        CliContext cli, Command command, Func<Invocation, FabricClient, CancellationToken, Task<int>> run)
    {
        var options = new ConnectionOptions();
        options.AddTo(command);
        var json = Output.JsonOption();
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) =>
        {
            var output = new Output(cli, parsed.GetValue(json));
            return Guard.RunAsync(output, async () =>
            {
                var settings = ClientSettings.From(options, parsed, cli.Environment);
                using var certificate = CertificateFiles.Load(
                    settings.Ca, settings.Certificate, settings.Key, cli.Time);
                using var client = new FabricClient(settings.Server, new PeerPolicy(certificate, cli.Time));
                return await run(new Invocation(parsed, output, cli), client, cancellation);
            });
        });
        return command;
    }
}

/// <summary>One run of a verb.</summary>
internal sealed record Invocation(ParseResult Parsed, Output Output, CliContext Cli)
{
    public T Get<T>(Option<T> option) => Parsed.GetValue(option)!;

    public T Get<T>(Argument<T> argument) => Parsed.GetValue(argument)!;
}
