using System.CommandLine;
using Fabric.Host.Api.Contracts;
using Fabric.Host.Configuration;
using Fabric.Host.Hocon;

namespace Fabric.Host.Cli;

/// <summary>
/// <c>--network FILE</c>, a HOCON file, or <c>--network kind=routed,mac=...</c> in place: what holds a '=' is no file.
/// </summary>
internal static class NetworkOption
{
    private const string Name = "--network";

    public static Option<string?> Create() => new(Name)
    {
        Description = "Its network: a HOCON file, or kind=routed,mac=..,address=..,tap=..,gateway=..,gateway-mac=..",
        HelpName = "network",
    };

    /// <summary>What the coordinator is asked for; it knows the words.</summary>
    public static NetworkRequest Read(string text) =>
        text.Contains('=', StringComparison.Ordinal) ? InPlace(text) : FromFile(text);

    private static NetworkRequest InPlace(string text)
    {
        var parts = new PartList(Name, text);
        var network = new NetworkRequest
        {
            Kind = parts.Must("kind"),
            Mac = parts.One("mac"),
            Addresses = parts.All("address"),
            Tap = parts.One("tap"),
            Bridge = parts.One("bridge"),
            Vni = parts.Number("vni"),
            Mtu = parts.Number("mtu"),
            Gateways = parts.All("gateway"),
            GatewayMac = parts.One("gateway-mac"),
            Relay = parts.Switch("relay"),
        };
        parts.RefuseUnknown();
        return network;
    }

    private static NetworkRequest FromFile(string path)
    {
        HoconObject root;
        try
        {
            root = HoconDocument.FromFile(path).Resolve(Environment.GetEnvironmentVariable);
        }
        catch (HoconException e)
        {
            throw new UsageException($"{Name}: {e.Message}");
        }

        var r = new SettingsReader(root, "network", System.IO.Path.GetFullPath(path));
        var network = new NetworkRequest
        {
            Kind = r.Text("kind"),
            Mac = Text(r, "mac"),
            Addresses = List(r, "addresses"),
            Tap = Text(r, "tap"),
            Bridge = Text(r, "bridge"),
            Vni = Number(r, "vni"),
            Mtu = Number(r, "mtu"),
            Gateways = List(r, "gateways"),
            GatewayMac = Text(r, "gateway-mac"),
            Relay = r.Has("relay") ? r.Bool("relay") : null,
            Dns = r.Has("dns") ? Dns(r) : null,
        };
        r.RefuseUnknownKeys();
        return r.Errors is [var first, ..] ? throw new UsageException($"{Name}: {first}") : network;
    }

    private static DnsRequest Dns(SettingsReader r) => new()
    {
        Server = r.Text("dns.server"),
        Port = Number(r, "dns.port"),
        Zone = r.Text("dns.zone"),
        Name = r.Text("dns.name"),
        Key = r.Text("dns.key"),
        TtlSeconds = r.Has("dns.ttl")
            ? (int)r.Duration("dns.ttl", TimeSpan.Zero, TimeSpan.FromSeconds(Protocol.Limits.Network.DnsTtlSecondsMax)).TotalSeconds
            : null,
    };

    private static string? Text(SettingsReader r, string key) => r.Has(key) ? r.Text(key) : null;

    private static int? Number(SettingsReader r, string key) => r.Has(key) ? r.Int(key, 0, int.MaxValue) : null;

    private static IReadOnlyList<string> List(SettingsReader r, string key) => r.Has(key) ? r.Texts(key) : [];
}
