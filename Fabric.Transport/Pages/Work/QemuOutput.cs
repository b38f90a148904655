using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// What goes to QEMU, gathered to pieces that are worth a call. Until it is released nothing goes; and everything up to
/// the first page is remembered as the head, for a stream of the target's own to begin with. When a piece leaves, its
/// pages are held already, and what lies between them was read: another QEMU can be brought to the end of this piece.
/// </summary>
internal sealed class QemuOutput
{
    private const int PieceBytes = 256 * 1024;

    private readonly Scratch _bytes = new(PieceBytes + (8 * 1024));
    private readonly Scratch _head = new(8 * 1024);
    private readonly QemuStreamWriter _writer;
    private readonly IByteSink _sink;
    private bool _held;
    private bool _begun;

    public QemuOutput(IByteSink sink)
    {
        _sink = sink;
        _writer = new QemuStreamWriter(_bytes);
    }

    public bool IsEmpty => _bytes.Length == 0;

    /// <summary>A page has come.</summary>
    public bool HasBegun => _begun;

    /// <summary>Everything before the first page; cut when it is far too long.</summary>
    public ReadOnlySpan<byte> Head => _head.Written;

    /// <summary>Its bytes; any thread.</summary>
    public int HeadLength => _head.Length;

    /// <summary>The block that QEMU would take a continuing record for.</summary>
    public RamBlock? LastBlock { get; private set; }

    public bool IsReleased => !_held;

    public void Hold() => _held = true;

    public void Release() => _held = false;

    /// <summary>Bytes between pages.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (!_begun && _head.Length <= Limits.PageWork.HeadBytesMax)
            _head.Write(bytes);
        _bytes.Write(bytes);
        MayFlush();
    }

    /// <summary>Bytes of which nothing is known.</summary>
    public void Pass(ReadOnlySpan<byte> bytes)
    {
        Flush();
        _sink.Write(bytes);
    }

    /// <summary>The first page comes: the head is complete.</summary>
    public bool Begin()
    {
        var first = !_begun;
        _begun = true;
        return first;
    }

    public void Page(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        _writer.Page(block, offset, data);
        LastBlock = block;
        MayFlush();
    }

    public void Fill(RamBlock block, long offset, byte value)
    {
        _writer.ZeroPage(block, offset, value);
        LastBlock = block;
        MayFlush();
    }

    public void Flush()
    {
        if (_held || _bytes.Length == 0)
            return;
        _sink.Write(_bytes.Written);
        _bytes.Clear();
    }

    private void MayFlush()
    {
        if (_bytes.Length >= PieceBytes)
            Flush();
    }
}
