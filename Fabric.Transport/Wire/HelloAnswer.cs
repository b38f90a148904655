using System.Buffers.Binary;

namespace Fabric.Transport.Wire;

/// <summary>The target's answer to a hello; drawn in <see cref="FrameHeader"/>'s file.</summary>
/// <param name="Code">Accepted, or why not.</param>
/// <param name="Version">The version chosen; 0 when refused.</param>
public readonly record struct HelloAnswer(HelloCode Code, byte Version)
{
    /// <summary>Size on the wire.</summary>
    public const int Size = 8;

    private const uint Magic = 0x4642_4441;

    /// <summary>Puts the answer into a span of <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> into)
    {
        into[..Size].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(into, Magic);
        into[4] = (byte)Code;
        into[5] = Version;
    }

    /// <summary>Takes an answer apart; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> from, out HelloAnswer answer)
    {
        answer = default;
        if (from.Length != Size || BinaryPrimitives.ReadUInt32BigEndian(from) != Magic || (from[6] | from[7]) != 0)
            return false;
        var code = (HelloCode)from[4];
        if (!Enum.IsDefined(code) || from[5] != (code == HelloCode.Accepted ? Hello.Version : 0))
            return false;
        answer = new HelloAnswer(code, from[5]);
        return true;
    }
}
