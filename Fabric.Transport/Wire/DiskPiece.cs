using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

// What a disk's link carries in its two large channels (1 ram from the source, 2 return path from the target): one NBD
// conversation after the other, each in pieces.
//
//   +0  1  DiskPieceType   1 open      2 data        3 close
//   +1  3  length          0           1..262124     0
//   +4     bytes           -           as they came  -
//
//   source  ->  ( open data* close )*  end         A side closes each conversation once: when its QEMU has closed, or
//   target  ->  (      data* close )*  end         the peer has. The source opens the next when both have.

/// <summary>What a piece is. On the wire; numbers are never reused.</summary>
public enum DiskPieceType : byte
{
    /// <summary>The source's QEMU has connected.</summary>
    Open = 1,

    /// <summary>Bytes of the conversation.</summary>
    Data = 2,

    /// <summary>This side's part of the conversation is over.</summary>
    Close = 3,
}

/// <summary>The four bytes before each piece.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Length">Bytes that follow.</param>
public readonly record struct DiskPiece(DiskPieceType Type, int Length)
{
    /// <summary>Puts the head at the beginning of the span.</summary>
    public void Write(Span<byte> into) => BinaryPrimitives.WriteUInt32BigEndian(into, ((uint)Type << 24) | (uint)Length);

    /// <summary>Takes a head apart; false for everything that the drawing above does not allow.</summary>
    public static bool TryParse(ReadOnlySpan<byte> from, out DiskPiece piece)
    {
        var head = BinaryPrimitives.ReadUInt32BigEndian(from);
        piece = new DiskPiece((DiskPieceType)(head >> 24), (int)(head & 0xff_ffff));
        return piece.Type switch
        {
            DiskPieceType.Open or DiskPieceType.Close => piece.Length == 0,
            DiskPieceType.Data => piece.Length is > 0 and <= Limits.DiskLink.DataMax,
            _ => false,
        };
    }
}
