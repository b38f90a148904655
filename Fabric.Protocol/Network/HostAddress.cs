using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>The IPv4 or IPv6 address of one machine, in its canonical text.</summary>
/// <param name="Value">As <c>10.0.0.7</c> or <c>2001:db8::7</c>.</param>
[JsonConverter(typeof(NameJsonConverter<HostAddress>))]
public readonly record struct HostAddress(string Value) : IName<HostAddress>
{
    /// <summary>It is IPv6.</summary>
    public bool IsV6 => Value.Contains(':', StringComparison.Ordinal);

    /// <summary>Bits of the address: the length of a route to it alone.</summary>
    public int Bits => IsV6 ? 128 : 32;

    /// <summary>Makes the address, or throws <see cref="FormatException"/> that says why not.</summary>
    public static HostAddress Of(string value)
    {
        // IPAddress also reads "7" and "10.1", and a zone; none of them is how an address is written here.
        if (!IPAddress.TryParse(value, out var parsed) || value.Contains('%', StringComparison.Ordinal)
            || (parsed.AddressFamily == AddressFamily.InterNetwork && value.Count(c => c == '.') != 3))
            throw new FormatException($"'{Names.Shown(value)}' is not an IPv4 or IPv6 address.");
        if (parsed.IsIPv4MappedToIPv6)
            throw new FormatException($"'{value}' is an IPv4 address in IPv6 clothes: write {parsed.MapToIPv4()}.");
        return IsOneMachine(parsed)
            ? new HostAddress(parsed.ToString())
            : throw new FormatException($"'{value}' is not the address of one machine (a group, nobody or loopback).");
    }

    /// <summary>The address when it is one machine's, else null.</summary>
    public static HostAddress? TryOf(IPAddress address) =>
        !address.IsIPv4MappedToIPv6 && IsOneMachine(address)
            ? new HostAddress(address.ToString())
            : null;

    /// <summary>As .NET has it.</summary>
    public IPAddress ToIPAddress() => IPAddress.Parse(Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool IsOneMachine(IPAddress address)
    {
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast)
            return false;
        var first = address.GetAddressBytes()[0];
        // 0.0.0.0/8 is nobody; 224.0.0.0/4 groups, 240.0.0.0/4 reserved with the broadcast in it.
        return address.AddressFamily == AddressFamily.InterNetworkV6 || first is > 0 and < 224;
    }
}
