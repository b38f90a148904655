using System.Diagnostics;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>
/// Cuts a byte stream into constructs, however the bytes arrive. A construct that lies whole in the caller's chunk is
/// read there; one that is cut by a chunk's end is gathered in one buffer, which grows with the bytes that came and
/// never with a length that was only announced. Nothing is reported before its construct is whole, so what turns out
/// to be unknown is passed on from its first byte, and a stream can always be put together again.
/// </summary>
/// <typeparam name="TVisitor">Takes the constructs.</typeparam>
public abstract class IncrementalReader<TVisitor>
{
    private byte[] _held = new byte[Limits.Stream.HeldBytesMin];
    private int _heldLength;
    private int _need;

    private protected IncrementalReader()
    {
    }

    /// <summary>Bytes that were reported, as constructs or as opaque.</summary>
    public long Position { get; private set; }

    /// <summary>Why the bytes from here on are not read.</summary>
    public OpaqueReason Opaque { get; private set; }

    /// <summary>True when the bytes from here on are not read.</summary>
    public bool IsOpaque => Opaque != OpaqueReason.None;

    /// <summary>Where the first byte lies that was passed on unread; -1 when there is none.</summary>
    public long OpaqueFrom { get; private set; } = -1;

    /// <summary>What is certainly wrong, when <see cref="Opaque"/> is <see cref="OpaqueReason.Fault"/>.</summary>
    public StreamFault Fault { get; private set; }

    /// <summary>In words: what was found, and at which byte of the stream.</summary>
    public string Why { get; private set; } = "";

    /// <summary>Bytes of a construct that is not whole yet.</summary>
    public int Held => _heldLength;

    /// <summary>These bytes; valid until the next call.</summary>
    internal ReadOnlySpan<byte> HeldBytes => _held.AsSpan(0, _heldLength);

    /// <summary>Reads the next bytes of the stream, all of them.</summary>
    public void Read(ReadOnlySpan<byte> chunk, TVisitor visitor)
    {
        while (!chunk.IsEmpty)
        {
            if (IsOpaque)
            {
                PassOn(chunk, visitor);
                return;
            }

            if (_heldLength == 0)
            {
                var used = Step(chunk, visitor);
                if (used > 0 || IsOpaque)
                {
                    chunk = chunk[used..];
                    continue;
                }
            }

            // As many bytes as the construct is known to have and not one more: it ends where these bytes end.
            var taken = Math.Min(chunk.Length, _need - _heldLength);
            Hold(chunk[..taken]);
            chunk = chunk[taken..];
            if (_heldLength == _need)
                StepHeld(visitor);
        }
    }

    /// <summary>The bytes end here. Half a construct is passed on, and an incomplete stream is a fault.</summary>
    public void End(TVisitor visitor)
    {
        if (!IsOpaque && !EndsHere)
            Fail(StreamFault.Truncated, $"the bytes end inside the stream, {_heldLength} bytes into a construct");
        PassOnHeld(visitor);
    }

    /// <summary>True when the stream may end between these two constructs.</summary>
    private protected abstract bool EndsHere { get; }

    /// <summary>Reads and reports one construct; false when it is not whole, or when the reader went opaque.</summary>
    private protected abstract bool TryConstruct(ref Cursor at, TVisitor visitor);

    private protected abstract void ReportOpaque(ReadOnlySpan<byte> bytes, TVisitor visitor);

    /// <summary>The most bytes that the next construct may have.</summary>
    private protected virtual long Room => Limits.Stream.ConstructBytesMax;

    private protected bool Fail(StreamFault fault, string what)
    {
        Fault = fault;
        return GoOpaque(OpaqueReason.Fault, what);
    }

    /// <summary>Always false, to be returned.</summary>
    private protected bool GoOpaque(OpaqueReason reason, string what)
    {
        Opaque = reason;
        Why = $"{what} (at byte {Position})";
        return false;
    }

    private protected void Forget() => _heldLength = 0;

    /// <summary>Bytes used; 0 when the construct is not whole: <see cref="_need"/> is then its least length.</summary>
    private int Step(ReadOnlySpan<byte> bytes, TVisitor visitor)
    {
        var room = Room;
        var at = new Cursor(bytes.Length > room ? bytes[..(int)room] : bytes);
        if (TryConstruct(ref at, visitor))
        {
            Position += at.At;
            return at.At;
        }

        if (IsOpaque)
            return 0;
        Debug.Assert(at.Need > 0 && at.Need > Math.Min(bytes.Length, room), "a construct that is whole was not read");
        if (at.Need > room)
            Overrun(at.Need, room);
        else
            _need = (int)at.Need;
        return 0;
    }

    private protected virtual void Overrun(long need, long room) =>
        Fail(StreamFault.TooLong, $"a construct of {need} bytes or more is above the bound of {room}");

    private void StepHeld(TVisitor visitor)
    {
        var used = Step(_held.AsSpan(0, _heldLength), visitor);
        if (used > 0)
            _heldLength = 0;
        else if (IsOpaque)
            PassOnHeld(visitor);
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_held.Length < _heldLength + bytes.Length)
        {
            var doubled = Math.Min(_held.Length * 2, Limits.Stream.ConstructBytesMax);
            var size = Math.Max(_heldLength + bytes.Length, doubled);
            Array.Resize(ref _held, size);
        }

        bytes.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += bytes.Length;
    }

    private void PassOnHeld(TVisitor visitor)
    {
        var length = _heldLength;
        _heldLength = 0;
        if (length > 0)
            PassOn(_held.AsSpan(0, length), visitor);
    }

    private void PassOn(ReadOnlySpan<byte> bytes, TVisitor visitor)
    {
        if (OpaqueFrom < 0)
            OpaqueFrom = Position;
        Position += bytes.Length;
        ReportOpaque(bytes, visitor);
    }
}
