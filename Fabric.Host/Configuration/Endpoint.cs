using System.Globalization;
using System.Net;

namespace Fabric.Host.Configuration;

/// <summary>A host (name or address, IPv6 without brackets) and a TCP port.</summary>
public sealed record Endpoint(string Host, int Port)
{
    /// <summary>Whether it stands for all addresses of the machine.</summary>
    public bool IsWildcard => Equals(Address, IPAddress.Any) || Equals(Address, IPAddress.IPv6Any);

    private IPAddress? Address => string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase)
        ? IPAddress.Loopback
        : IPAddress.TryParse(Host, out var address) ? address : null;

    /// <summary>Reads "10.0.0.1:7601", "[::1]:7601" or "node-a:7601".</summary>
    public static bool TryParse(string text, out Endpoint endpoint)
    {
        endpoint = new Endpoint("", 0);
        var colon = text.LastIndexOf(':');
        if (colon < 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < IPEndPoint.MinPort + 1 or > IPEndPoint.MaxPort)
            return false;
        var host = text[..colon];
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed)
            host = host[1..^1];
        var kind = Uri.CheckHostName(host);
        if (kind is UriHostNameType.Unknown or UriHostNameType.Basic || bracketed != (kind == UriHostNameType.IPv6))
            return false;
        endpoint = new Endpoint(host, port);
        return true;
    }

    /// <summary>Whether both cannot be bound on one machine.</summary>
    public bool Clashes(Endpoint other) => Port == other.Port
        && (IsWildcard || other.IsWildcard || string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase)
            || (Address is { } address && address.Equals(other.Address)));

    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
