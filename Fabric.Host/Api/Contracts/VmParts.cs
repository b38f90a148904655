using System.Text.Json.Serialization;

namespace Fabric.Host.Api.Contracts;

/// <summary>A disk of a VM to define. Words are in lower case, as on the command line.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DiskRequest
{
    /// <summary>Its name within the VM.</summary>
    public required string Id { get; init; }

    /// <summary>The file's name in the host's directory for this place; no path.</summary>
    public required string File { get; init; }

    /// <summary><c>qcow2</c> (default) or <c>raw</c>.</summary>
    public string? Format { get; init; }

    /// <summary><c>local</c> (default): it is copied to the target; <c>shared</c>: both hosts see it.</summary>
    public string? Place { get; init; }
}

/// <summary>A VM's network to define.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record NetworkRequest
{
    /// <summary><c>none</c>, <c>announce</c>, <c>vxlan</c>, <c>routed</c> or <c>tunnel</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The VM's MAC address.</summary>
    public string? Mac { get; init; }

    /// <summary>The VM's addresses.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>The TAP interface behind the VM's network card.</summary>
    public string? Tap { get; init; }

    /// <summary>The bridge that the TAP is a port of.</summary>
    public string? Bridge { get; init; }

    /// <summary>The overlay's number.</summary>
    public int? Vni { get; init; }

    /// <summary>What the VM's network card sends at most, in bytes of IP.</summary>
    public int? Mtu { get; init; }

    /// <summary>The VM's gateways with the length of their subnet, as <c>169.254.1.1/32</c>.</summary>
    public IReadOnlyList<string>? Gateways { get; init; }

    /// <summary>The gateways' MAC address, one everywhere.</summary>
    public string? GatewayMac { get; init; }

    /// <summary>Routed: routers send to the target in advance, which passes on until the flip.</summary>
    public bool? Relay { get; init; }

    /// <summary>Tunnel: the name for new connections.</summary>
    public DnsRequest? Dns { get; init; }
}

/// <summary>The name of a VM whose address changes with the site.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DnsRequest
{
    /// <summary>The primary server of the zone, an address.</summary>
    public required string Server { get; init; }

    /// <summary>Its port.</summary>
    public int? Port { get; init; }

    /// <summary>The zone.</summary>
    public required string Zone { get; init; }

    /// <summary>The name, in the zone.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the key.</summary>
    public required string Key { get; init; }

    /// <summary>How long resolvers may keep an answer, in seconds.</summary>
    public int? TtlSeconds { get; init; }
}
