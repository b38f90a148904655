using System.Globalization;
using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>An address with the length of its subnet, as <c>10.100.0.1/24</c>.</summary>
/// <param name="Address">The address.</param>
/// <param name="Length">Bits of the subnet.</param>
[JsonConverter(typeof(NameJsonConverter<InterfaceAddress>))]
public readonly record struct InterfaceAddress(HostAddress Address, int Length) : IName<InterfaceAddress>
{
    /// <inheritdoc/>
    public string Value => string.Create(CultureInfo.InvariantCulture, $"{Address.Value}/{Length}");

    /// <summary>Makes it, or throws <see cref="FormatException"/> that says why not.</summary>
    public static InterfaceAddress Of(string value)
    {
        if (value.Split('/') is not [var left, var right])
            throw new FormatException($"'{Names.Shown(value)}' is not an address with a length, as 10.100.0.1/24.");
        var address = HostAddress.Of(left);
        return int.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length > 0 && length <= address.Bits
            ? new InterfaceAddress(address, length)
            : throw new FormatException($"'{Names.Shown(value)}': the length must be 1 to {address.Bits}.");
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
