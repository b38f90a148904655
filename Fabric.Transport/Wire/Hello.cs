using System.Buffers.Binary;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

/// <summary>What a connection is for. On the wire; numbers are never reused.</summary>
public enum HelloKind : byte
{
    /// <summary>A new link.</summary>
    Open = 1,

    /// <summary>One more connection of a link, or one in the place of a lost one.</summary>
    Join = 2,

    /// <summary>Questions that are given back as they came: how far this host is, and whether it can be reached.</summary>
    Probe = 3,
}

/// <summary>The source's first words, of a fixed size; drawn in <see cref="FrameHeader"/>'s file.</summary>
/// <param name="VersionMin">Lowest version offered.</param>
/// <param name="VersionMax">Highest version offered.</param>
/// <param name="Kind">What the connection is for.</param>
/// <param name="Migration">Which migration this is for.</param>
/// <param name="Attempt">Which attempt of it, from 1.</param>
/// <param name="Purpose">What it carries.</param>
/// <param name="Ticket">The one-time ticket, or the proof.</param>
/// <param name="Slot">Which connection, of a join.</param>
/// <param name="Number">Of this try, from 1, of a join.</param>
/// <param name="Secret">The link's, when it is opened.</param>
public sealed record Hello(
    byte VersionMin, byte VersionMax, HelloKind Kind, MigrationId Migration, int Attempt, LinkPurpose Purpose,
    Ticket Ticket, int Slot, long Number, LinkSecret? Secret)
{
    /// <summary>
    /// The version that this build speaks. Version 1 knew one connection, which no cut could outlive.
    /// </summary>
    public const byte Version = 2;

    /// <summary>Size on the wire.</summary>
    public const int Size = SecretAt + Limits.Link.SecretSize;

    private const uint Magic = 0x4642_444C;
    private const int TicketAt = 12;
    private const int NameAt = TicketAt + Limits.Relay.TicketSize;
    private const int SlotAt = NameAt + 64;
    private const int PurposeAt = SlotAt + 1;
    private const int NumberAt = SlotAt + 4;
    private const int SecretAt = NumberAt + 8;

    /// <summary>To open a link.</summary>
    public static Hello Open(
        MigrationId migration, int attempt, LinkPurpose purpose, Ticket ticket, LinkSecret secret) =>
        new(Version, Version, HelloKind.Open, migration, attempt, purpose, ticket, 0, 0, secret);

    /// <summary>To join one.</summary>
    public static Hello Join(
        MigrationId migration, int attempt, LinkPurpose purpose, LinkSecret secret, int slot, long number) => new(
        Version, Version, HelloKind.Join, migration, attempt, purpose,
        secret.Proof(migration, attempt, purpose, slot, number), slot, number, null);

    /// <summary>To ask how far the host is. Of no migration: it has neither ticket nor secret, and opens nothing.</summary>
    public static Hello Probe() => new(
        Version, Version, HelloKind.Probe, MigrationId.Of("probe"), 1, LinkPurpose.Memory,
        new Ticket(new byte[Limits.Relay.TicketSize]), 0, 0, null);

    /// <summary>Puts the hello into a span of <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> into)
    {
        into[..Size].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(into, Magic);
        into[4] = VersionMin;
        into[5] = VersionMax;
        into[6] = (byte)Migration.Value.Length;
        into[7] = (byte)Kind;
        BinaryPrimitives.WriteInt32BigEndian(into[8..], Attempt);
        Ticket.CopyTo(into[TicketAt..]);
        Encoding.ASCII.GetBytes(Migration.Value, into[NameAt..]);
        into[SlotAt] = (byte)Slot;
        into[PurposeAt] = Purpose.Number;
        BinaryPrimitives.WriteInt64BigEndian(into[NumberAt..], Number);
        Secret?.CopyTo(into[SecretAt..]);
    }

    /// <summary>Bytes that <see cref="Peek"/> looks at.</summary>
    public const int PeekSize = 6;

    /// <summary>
    /// Judges the first bytes: another version's hello may be shorter, and is answered before more of it is waited for.
    /// </summary>
    public static HelloCode Peek(ReadOnlySpan<byte> from)
    {
        var (min, max) = (from[4], from[5]);
        return BinaryPrimitives.ReadUInt32BigEndian(from) != Magic || min == 0 || min > max ? HelloCode.BadHello
            : min > Version || max < Version ? HelloCode.UnsupportedVersion
            : HelloCode.Accepted;
    }

    /// <summary>Takes a hello apart. <see cref="HelloCode.Accepted"/> means that it is well formed, no more.</summary>
    public static HelloCode Parse(ReadOnlySpan<byte> from, out Hello? hello)
    {
        hello = null;
        if (from.Length != Size)
            return HelloCode.BadHello;

        // The version comes first: a later one may draw the rest differently.
        if (Peek(from) is not HelloCode.Accepted and var code)
            return code;

        int length = from[6];
        var attempt = BinaryPrimitives.ReadInt32BigEndian(from[8..]);
        if (attempt < 1 || length is 0 or > Limits.Names.LengthMax
            || from[(NameAt + length)..SlotAt].ContainsAnyExcept((byte)0) || !IsWhole(from))
            return HelloCode.BadHello;
        var name = Encoding.ASCII.GetString(from.Slice(NameAt, length));
        if (!Names.IsValid(name))
            return HelloCode.BadHello;
        hello = new Hello(
            from[4], from[5], (HelloKind)from[7], MigrationId.Of(name), attempt, new LinkPurpose(from[PurposeAt]),
            new Ticket(from.Slice(TicketAt, Limits.Relay.TicketSize)), from[SlotAt],
            BinaryPrimitives.ReadInt64BigEndian(from[NumberAt..]),
            (HelloKind)from[7] == HelloKind.Open ? new LinkSecret(from[SecretAt..Size]) : null);
        return HelloCode.Accepted;
    }

    /// <summary>Whether what one kind has and the other has not is there, and else zero.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> from)
    {
        var hasSecret = from[SecretAt..Size].ContainsAnyExcept((byte)0);
        if (!new LinkPurpose(from[PurposeAt]).IsKnown || from[(PurposeAt + 1)..NumberAt].ContainsAnyExcept((byte)0))
            return false;
        var number = BinaryPrimitives.ReadInt64BigEndian(from[NumberAt..]);
        return (HelloKind)from[7] switch
        {
            HelloKind.Open => hasSecret && from[SlotAt] == 0 && number == 0,
            HelloKind.Probe => !hasSecret && from[SlotAt] == 0 && number == 0 && from[PurposeAt] == 0
                && !from.Slice(TicketAt, Limits.Relay.TicketSize).ContainsAnyExcept((byte)0),
            HelloKind.Join => !hasSecret && from[SlotAt] < Limits.Link.ConnectionsMax && number > 0,
            _ => false,
        };
    }
}
