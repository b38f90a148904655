using System.Security.Cryptography;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

/// <summary>
/// The right to make one data link: 256 bits of chance that the target's agent made and the coordinator carried to
/// the source. A secret: it compares in constant time and does not print itself.
/// </summary>
public sealed class Ticket
{
    private readonly byte[] _bytes;

    /// <summary>Takes the 32 bytes over.</summary>
    public Ticket(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Limits.Relay.TicketSize)
            throw new ArgumentException($"a ticket has {Limits.Relay.TicketSize} bytes, not {bytes.Length}",
                nameof(bytes));
        _bytes = bytes.ToArray();
    }

    /// <summary>Whether both are the same ticket, in a time that does not depend on where they differ.</summary>
    public bool Matches(Ticket other) => CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <summary>Puts the bytes into the span.</summary>
    public void CopyTo(Span<byte> into) => _bytes.CopyTo(into);

    /// <summary>The ticket as 64 lower-case hexadecimal digits, to carry it in an order. Never log this.</summary>
    public string Reveal() => Convert.ToHexStringLower(_bytes);

    /// <summary>Reads what <see cref="Reveal"/> wrote, and only that; null for everything else.</summary>
    public static Ticket? TryRead(string? text)
    {
        if (text?.Length != 2 * Limits.Relay.TicketSize)
            return null;
        foreach (var c in text)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
                return null;
        }

        return new Ticket(Convert.FromHexString(text));
    }

    /// <inheritdoc/>
    public override string ToString() => "(ticket)";
}
