using System.Buffers.Binary;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

/// <summary>The source's first words, of a fixed size; drawn in <see cref="FrameHeader"/>'s file.</summary>
/// <param name="VersionMin">Lowest version offered.</param>
/// <param name="VersionMax">Highest version offered.</param>
/// <param name="Migration">Which migration this is for.</param>
/// <param name="Attempt">Which attempt of it, from 1.</param>
/// <param name="Ticket">The one-time ticket.</param>
public sealed record Hello(byte VersionMin, byte VersionMax, MigrationId Migration, int Attempt, Ticket Ticket)
{
    /// <summary>The version that this build speaks; there is no other yet.</summary>
    public const byte Version = 1;

    /// <summary>Size on the wire.</summary>
    public const int Size = NameAt + 64;

    private const uint Magic = 0x4642_444C;
    private const int TicketAt = 12;
    private const int NameAt = TicketAt + Limits.Relay.TicketSize;

    /// <summary>Puts the hello into a span of <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> into)
    {
        into[..Size].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(into, Magic);
        into[4] = VersionMin;
        into[5] = VersionMax;
        into[6] = (byte)Migration.Value.Length;
        BinaryPrimitives.WriteInt32BigEndian(into[8..], Attempt);
        Ticket.CopyTo(into[TicketAt..]);
        Encoding.ASCII.GetBytes(Migration.Value, into[NameAt..]);
    }

    /// <summary>Takes a hello apart. <see cref="HelloCode.Accepted"/> means that it is well formed, no more.</summary>
    public static HelloCode Parse(ReadOnlySpan<byte> from, out Hello? hello)
    {
        hello = null;
        if (from.Length != Size || BinaryPrimitives.ReadUInt32BigEndian(from) != Magic)
            return HelloCode.BadHello;

        // The version comes first: a later one may draw the rest differently.
        var (min, max) = (from[4], from[5]);
        if (min == 0 || min > max)
            return HelloCode.BadHello;
        if (min > Version || max < Version)
            return HelloCode.UnsupportedVersion;

        int length = from[6];
        var attempt = BinaryPrimitives.ReadInt32BigEndian(from[8..]);
        if (from[7] != 0 || attempt < 1 || length is 0 or > Limits.Names.LengthMax
            || from[(NameAt + length)..].ContainsAnyExcept((byte)0))
            return HelloCode.BadHello;
        var name = Encoding.ASCII.GetString(from.Slice(NameAt, length));
        if (!Names.IsValid(name))
            return HelloCode.BadHello;
        var ticket = new Ticket(from.Slice(TicketAt, Limits.Relay.TicketSize));
        hello = new Hello(min, max, MigrationId.Of(name), attempt, ticket);
        return HelloCode.Accepted;
    }
}
