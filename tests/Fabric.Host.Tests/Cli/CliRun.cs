using Fabric.Host.Cli;
using Fabric.Host.Tests.Api;

namespace Fabric.Host.Tests.Cli;

/// <summary>Runs command lines in this process, with what they say captured.</summary>
internal sealed class CliRun(ApiFixture? at = null)
{
    private readonly Dictionary<string, string> _environment = at is null
        ? new Dictionary<string, string>(StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["FABRIC_SERVER"] = at.Address.ToString(),
            ["FABRIC_CA"] = at.Certificates["ca.crt"],
            ["FABRIC_CERT"] = at.Certificates["operator.crt"],
            ["FABRIC_KEY"] = at.Certificates["operator.key"],
        };

    public string Out { get; private set; } = "";

    public string Error { get; private set; } = "";

    public CliRun With(string variable, string? value)
    {
        if (value is null)
            _environment.Remove(variable);
        else
            _environment[variable] = value;
        return this;
    }

    public async Task<int> RunAsync(string line, bool isTerminal = false)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var cli = new CliContext(
            TextWriter.Synchronized(output), TextWriter.Synchronized(error), _environment.GetValueOrDefault,
            TimeProvider.System, isTerminal);
        var code = await FabricCommand.RunAsync(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries), cli, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(60));
        (Out, Error) = (output.ToString(), error.ToString());
        return code;
    }
}
