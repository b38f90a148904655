using System.CommandLine;

namespace Fabric.Host.Cli;

/// <summary>Options of every verb that asks a coordinator.</summary>
internal sealed class ConnectionOptions
{
    public Option<string?> Config { get; } = new("--config", "-c")
    {
        Description = "A file with fabric.client { server, ca, cert, key } (FABRIC_CONFIG)",
        HelpName = "file",
    };

    public Option<string?> Server { get; } = new("--server")
    {
        Description = "The coordinator, such as https://127.0.0.1:7600 (FABRIC_SERVER)",
        HelpName = "url",
    };

    public Option<string?> Ca { get; } = new("--ca")
    {
        Description = "The CA's certificate (FABRIC_CA)",
        HelpName = "file",
    };

    public Option<string?> Certificate { get; } = new("--cert")
    {
        Description = "An operator's certificate (FABRIC_CERT)",
        HelpName = "file",
    };

    public Option<string?> Key { get; } = new("--key") { Description = "Its key (FABRIC_KEY)", HelpName = "file" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Config, Server, Ca, Certificate, Key })
            command.Options.Add(option);
    }
}
