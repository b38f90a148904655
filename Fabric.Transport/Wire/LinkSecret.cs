using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

/// <summary>
/// What both ends of one link know, and nobody else: the source sends it in the hello that opens the link, inside TLS
/// and to the target that its certificate names. Each further connection shows a proof made from it, good for one
/// migration, attempt, connection and number. It does not print itself.
/// </summary>
public sealed class LinkSecret
{
    private readonly byte[] _bytes;

    /// <summary>Takes a copy of the bytes.</summary>
    public LinkSecret(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Limits.Link.SecretSize)
            throw new ArgumentException($"a secret has {Limits.Link.SecretSize} bytes", nameof(bytes));
        _bytes = bytes.ToArray();
    }

    /// <summary>
    /// The secret for a ticket, of a key that never leaves this process: asked again after an answer was lost, the
    /// source says the same, and so the target knows it for the one that spent the ticket.
    /// </summary>
    public static LinkSecret For(ReadOnlySpan<byte> key, Ticket ticket)
    {
        Span<byte> bytes = stackalloc byte[Limits.Relay.TicketSize];
        ticket.CopyTo(bytes);
        return new LinkSecret(HMACSHA256.HashData(key, bytes));
    }

    /// <summary>Whether both are the same, in a time that does not depend on where they differ.</summary>
    public bool Matches(LinkSecret other) => CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <summary>Puts the bytes into the span.</summary>
    public void CopyTo(Span<byte> into) => _bytes.CopyTo(into);

    /// <summary>
    /// The proof for one try to make one connection. The purpose is above the connection's number, in bytes that are zero
    /// for memory.
    /// </summary>
    public Ticket Proof(MigrationId migration, int attempt, LinkPurpose purpose, int slot, long number)
    {
        Span<byte> text = stackalloc byte[4 + 4 + 8 + Limits.Names.LengthMax];
        BinaryPrimitives.WriteInt32BigEndian(text, attempt);
        BinaryPrimitives.WriteInt32BigEndian(text[4..], (purpose.Number << 8) | slot);
        BinaryPrimitives.WriteInt64BigEndian(text[8..], number);
        var length = Encoding.ASCII.GetBytes(migration.Value, text[16..]);
        return new Ticket(HMACSHA256.HashData(_bytes, text[..(16 + length)]));
    }

    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}
