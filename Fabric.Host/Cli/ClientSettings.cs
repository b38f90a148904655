using System.CommandLine;
using Fabric.Host.Configuration;
using Fabric.Host.Hocon;

namespace Fabric.Host.Cli;

/// <summary>Where the server is and who we are.</summary>
internal sealed record ClientSettings(Uri Server, string Ca, string Certificate, string Key)
{
    private const string Root = "fabric.client";

    /// <summary>Each from its option, else its variable, else the file (--config or FABRIC_CONFIG).</summary>
    /// <exception cref="UsageException">One is missing or wrong.</exception>
    public static ClientSettings From(ConnectionOptions options, ParseResult parsed, Func<string, string?> environment)
    {
        var file = Given(parsed.GetValue(options.Config)) ?? Given(environment("FABRIC_CONFIG"));
        var written = file is null ? [] : ReadFile(file, environment);
        var server = Find(parsed, options.Server, "server", environment, written);
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri) || uri is not { Scheme: "https", UserInfo: "" })
            throw new UsageException($"--server: {SettingsReader.Shown(server)} is not an https:// address of a host.");
        return new ClientSettings(
            uri, Find(parsed, options.Ca, "ca", environment, written),
            Find(parsed, options.Certificate, "cert", environment, written),
            Find(parsed, options.Key, "key", environment, written));
    }

    private static string Find(
        ParseResult parsed, Option<string?> option, string name, Func<string, string?> environment,
        Dictionary<string, string> written)
    {
        var variable = "FABRIC_" + name.ToUpperInvariant();
        return Given(parsed.GetValue(option)) ?? Given(environment(variable)) ?? written.GetValueOrDefault(name)
            ?? throw new UsageException(
                $"There is no {name}: give --{name}, set {variable}, or name a file with --config that holds " +
                $"{Root}.{name}. 'fabric certs init' makes a CA and an operator's certificate.");
    }

    private static Dictionary<string, string> ReadFile(string file, Func<string, string?> environment)
    {
        try
        {
            var root = HoconDocument.FromFile(file).Resolve(environment);
            var reader = new SettingsReader(root, Root, file);
            var found = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var name in new[] { "server", "ca", "cert", "key" })
            {
                // What the file leaves out may come from elsewhere.
                if (root.Find([.. Root.Split('.'), name]) is not null)
                    found[name] = name is "server" ? reader.Text(name) : reader.Path(name);
            }

            return reader.Errors.Count == 0 ? found : throw new UsageException(string.Join('\n', reader.Errors));
        }
        catch (HoconException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
