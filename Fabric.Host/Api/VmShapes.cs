using System.Text.Json;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;

namespace Fabric.Host.Api;

/// <summary>
/// From the words of a request to a VM's disks and network. What is no word of its kind is refused with the name of its
/// field; whether the whole makes sense is for the specification to say.
/// </summary>
internal static class VmShapes
{
    private const int DnsTtlDefaultSeconds = 30;

    /// <summary>The disks.</summary>
    public static IReadOnlyList<DiskSpec> Disks(IReadOnlyList<DiskRequest>? asked)
    {
        if (asked is not { Count: > 0 })
            return [];
        return [.. asked.Select((disk, i) => Disk(disk, $"disks[{i}]"))];
    }

    /// <summary>The network.</summary>
    public static NetworkSpec? Network(NetworkRequest? asked)
    {
        if (asked is null)
            return null;
        var empty = new NetworkSpec { Kind = Word<NetworkKind>(asked.Kind, "network.kind") };
        return empty with
        {
            Mac = Optional<MacAddress>(asked.Mac, "network.mac"),
            Addresses = All<HostAddress>(asked.Addresses, "network.addresses"),
            Tap = asked.Tap,
            Bridge = asked.Bridge,
            Vni = asked.Vni,
            Mtu = asked.Mtu ?? empty.Mtu,
            Gateways = All<InterfaceAddress>(asked.Gateways, "network.gateways"),
            GatewayMac = Optional<MacAddress>(asked.GatewayMac, "network.gatewayMac"),
            Relay = asked.Relay ?? empty.Relay,
            Dns = asked.Dns is { } dns ? Dns(dns) : null,
        };
    }

    private static DiskSpec Disk(DiskRequest? asked, string at)
    {
        if (asked is null)
            throw Malformed(at, "null is not a disk");
        var empty = new DiskSpec { Id = Part<DiskId>(asked.Id, $"{at}.id"), File = asked.File };
        return empty with
        {
            Format = asked.Format is null ? empty.Format : Word<DiskFormat>(asked.Format, $"{at}.format"),
            Place = asked.Place is null ? empty.Place : Word<DiskPlace>(asked.Place, $"{at}.place"),
        };
    }

    private static DnsSpec Dns(DnsRequest asked)
    {
        var spec = new DnsSpec(
            Part<HostAddress>(asked.Server, "network.dns.server"), asked.Zone, asked.Name, asked.Key,
            asked.TtlSeconds ?? DnsTtlDefaultSeconds);
        return asked.Port is { } port ? spec with { Port = port } : spec;
    }

    private static T? Optional<T>(string? text, string at)
        where T : struct, IName<T> => text is null ? null : Part<T>(text, at);

    /// <summary>A list of addresses.</summary>
    /// <exception cref="RequestException">One is none.</exception>
    public static IReadOnlyList<HostAddress> Addresses(IReadOnlyList<string>? texts, string at) => All<HostAddress>(texts, at);

    private static T[] All<T>(IReadOnlyList<string>? texts, string at)
        where T : struct, IName<T> => texts is null ? [] : [.. texts.Select((text, i) => Part<T>(text, $"{at}[{i}]"))];

    private static T Part<T>(string? text, string at)
        where T : struct, IName<T>
    {
        try
        {
            return T.Of(text ?? "");
        }
        catch (FormatException e)
        {
            throw Malformed(at, e.Message.TrimEnd('.'));
        }
    }

    private static T Word<T>(string text, string at)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()), text, StringComparison.Ordinal))
                return value;
        }

        var known = Enum.GetNames<T>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName);
        throw Malformed(at, $"'{Names.Shown(text)}' is not one of {string.Join(", ", known)}");
    }

    private static RequestException Malformed(string at, string what) =>
        new(400, "malformed", $"At $.{at}: {what}.", "Send one JSON object as /openapi/v1.json describes it.");
}
