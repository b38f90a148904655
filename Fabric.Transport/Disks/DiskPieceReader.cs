using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Disks;

/// <summary>Takes pieces from a channel's bytes, which come in any lengths. Bytes of a piece are given on as they come.</summary>
internal sealed class DiskPieceReader
{
    private readonly byte[] _head = new byte[Limits.DiskLink.HeadSize];
    private int _headCount;
    private int _left;

    /// <summary>Nothing of a piece has come that is not whole.</summary>
    public bool IsBetween => _headCount == 0 && _left == 0;

    /// <summary>
    /// The next piece, or bytes of one, of what has come; false when all of it was taken.
    /// </summary>
    /// <exception cref="LinkException">BadFrame.</exception>
    public bool TryTake(ref ReadOnlySpan<byte> from, out DiskPieceType type, out ReadOnlySpan<byte> bytes)
    {
        type = DiskPieceType.Data;
        bytes = default;
        if (_left == 0 && !TryTakeHead(ref from, out type))
            return false;
        if (type != DiskPieceType.Data)
            return true;
        bytes = from[..Math.Min(_left, from.Length)];
        from = from[bytes.Length..];
        _left -= bytes.Length;
        return !bytes.IsEmpty;
    }

    private bool TryTakeHead(ref ReadOnlySpan<byte> from, out DiskPieceType type)
    {
        type = default;
        var count = Math.Min(_head.Length - _headCount, from.Length);
        from[..count].CopyTo(_head.AsSpan(_headCount));
        from = from[count..];
        _headCount += count;
        if (_headCount < _head.Length)
            return false;
        if (!DiskPiece.TryParse(_head, out var piece))
        {
            throw new LinkException(
                LinkFault.BadFrame, $"bad piece on a disk's link: {Convert.ToHexStringLower(_head)} is no head of one");
        }

        (_headCount, _left, type) = (0, piece.Length, piece.Type);
        return true;
    }
}
