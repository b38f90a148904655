using System.Globalization;
using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>An Ethernet address of one station, as <c>52:54:00:aa:00:01</c> in lower case.</summary>
/// <param name="Bits">The 48 bits, the first octet highest.</param>
[JsonConverter(typeof(NameJsonConverter<MacAddress>))]
public readonly record struct MacAddress(ulong Bits) : IName<MacAddress>
{
    /// <summary>Octets of an address.</summary>
    public const int Size = 6;

    private const ulong GroupBit = 1UL << 40;
    private const int TextLength = 17;

    /// <inheritdoc/>
    public string Value
    {
        get
        {
            Span<byte> octets = stackalloc byte[Size];
            CopyTo(octets);
            return string.Create(CultureInfo.InvariantCulture,
                $"{octets[0]:x2}:{octets[1]:x2}:{octets[2]:x2}:{octets[3]:x2}:{octets[4]:x2}:{octets[5]:x2}");
        }
    }

    /// <summary>It names a group, or everybody.</summary>
    public bool IsGroup => (Bits & GroupBit) != 0;

    /// <summary>Makes the address of one station, or throws <see cref="FormatException"/> that says why not.</summary>
    public static MacAddress Of(string value)
    {
        if (!TryRead(value, out var address))
            throw new FormatException(
                $"'{Names.Shown(value)}' is not a MAC address: write six octets as in 52:54:00:aa:00:01.");
        if (address.IsGroup)
            throw new FormatException(
                $"'{Names.Shown(value)}' is a group's MAC address; a machine needs one of its own: make the first " +
                "octet even.");
        return address.Bits == 0
            ? throw new FormatException("00:00:00:00:00:00 is nobody's MAC address.")
            : address;
    }

    /// <summary>Reads six octets as they lie in a frame.</summary>
    public static MacAddress From(ReadOnlySpan<byte> octets)
    {
        var bits = 0UL;
        foreach (var octet in octets[..Size])
            bits = (bits << 8) | octet;
        return new MacAddress(bits);
    }

    /// <summary>Writes six octets.</summary>
    public void CopyTo(Span<byte> octets)
    {
        for (var i = 0; i < Size; i++)
            octets[i] = (byte)(Bits >> (8 * (Size - 1 - i)));
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool TryRead(string? text, out MacAddress address)
    {
        address = default;
        if (text is not { Length: TextLength })
            return false;
        var bits = 0UL;
        for (var i = 0; i < Size; i++)
        {
            if ((i > 0 && text[(3 * i) - 1] != ':')
                || !byte.TryParse(text.AsSpan(3 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
                return false;
            bits = (bits << 8) | octet;
        }

        address = new MacAddress(bits);
        return true;
    }
}
