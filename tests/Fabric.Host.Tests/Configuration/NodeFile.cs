using Fabric.Host.Configuration;

namespace Fabric.Host.Tests.Configuration;

/// <summary>A good node file in a directory of its own, to which a test adds what it is about.</summary>
internal sealed class NodeFile : IDisposable
{
    private const string Certificate = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
    private const string PrivateKey = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n";

    public NodeFile()
    {
        Files.Write("ca.pem", Certificate);
        Files.Write("node.pem", Certificate);
        Key(PrivateKey);
    }

    public TempDirectory Files { get; } = new();

    public static string Base => """
        fabric {
          node { name = node-a, state-dir = state, roles = [coordinator, host] }
          tls { ca = ca.pem, cert = node.pem, key = node.key }
          host.data.advertise = "10.0.0.1:7601"
        }

        """;

    public string Key(string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Files.Write("node.key", text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
        return path;
    }

    public string Write(string added, bool withBase = true) =>
        Files.Write("node.conf", withBase ? Base + added : added);

    public NodeSettings Load(string added, Func<string, string?>? environment = null) =>
        NodeSettings.Load(Write(added), environment ?? (_ => null));

    public IReadOnlyList<SettingsError> Errors(string added, bool withBase = true)
    {
        var path = Write(added, withBase);
        return Should.Throw<SettingsException>(() => NodeSettings.Load(path, _ => null)).Errors;
    }

    public void Dispose() => Files.Dispose();
}
