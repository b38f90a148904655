using Fabric.Protocol;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Relay;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The target's side: what came over the link goes in, a stream that QEMU takes comes out. What lies between pages is
/// read along, for it says where the pages belong; it goes on as it is. Nothing reaches QEMU before the source was
/// answered, so that the answer is ahead of whatever QEMU says on the return path.
/// </summary>
internal sealed class PageDecoder : IFrameVisitor, IStreamVisitor, IDisposable
{
    private readonly FrameReader _frames;
    private readonly QemuStreamReader _reader = new();
    private readonly QemuOutput _output;
    private readonly IByteSink _toSource;
    private readonly IPageHolder? _holder;
    private readonly bool _refuses;
    private readonly IReadOnlyList<string> _bootFiles;
    private ItemPlayer? _player;
    private byte _version = WorkPreface.VersionMin;
    private byte _codecs;
    private byte[] _key = [];
    private bool _answered;
    private bool _hasBase;
    private bool _inRecords;
    private bool _hasCommand;

    /// <param name="options">Off: the source is asked to send QEMU's stream as it is.</param>
    /// <param name="toQemu">Takes QEMU's stream.</param>
    /// <param name="toSource">Takes the answer.</param>
    /// <param name="holder">Opens the page store; null when there is none.</param>
    /// <param name="bootFiles">What the guest was booted from.</param>
    public PageDecoder(
        PageWorkOptions options, IByteSink toQemu, IByteSink toSource, IPageHolder? holder,
        IReadOnlyList<string>? bootFiles = null)
    {
        _bootFiles = bootFiles ?? [];
        _frames = new FrameReader(this);
        _output = new QemuOutput(toQemu);
        (_toSource, _holder, _refuses) = (toSource, holder, !options.IsOn);
    }

    /// <summary>Bytes pass as they came; a caller may pass them on by itself from now on.</summary>
    public bool IsUnframed => _frames.IsUnframed && _output.IsEmpty;

    /// <summary>What is held of the guest; null when nothing is.</summary>
    public IHeldPages? Held => _player?.Held;

    /// <summary>
    /// Why another QEMU cannot be brought to where this one is. What once stands in the way stays, so that any thread may
    /// ask; whether every page is held shows only when it is tried.
    /// </summary>
    public RefillRefusal WhyNotRefill =>
        _frames.IsUnframed || (_answered && _player is null) ? RefillRefusal.Unread
        : _reader.IsOpaque || _hasCommand || _output.HeadLength > Limits.PageWork.HeadBytesMax ? RefillRefusal.Unread
        : !_output.HasBegun ? RefillRefusal.None
        : _reader.Standing is { Kind: SectionKind.End } ? RefillRefusal.LastCopy
        : Held is null ? RefillRefusal.NotHeld
        : RefillRefusal.None;

    /// <summary>
    /// Gives another QEMU all that the one before it was given, up to the end of the last piece: whether that one took
    /// it or not, the next piece goes on behind it.
    /// </summary>
    /// <exception cref="PageWorkException">A page that is held is damaged, or cannot be read.</exception>
    public RefillRefusal Refill(IByteSink fresh)
    {
        if (WhyNotRefill is not RefillRefusal.None and var why)
            return why;
        if (!_output.HasBegun)
        {
            // What is gathered and not released yet goes by itself.
            if (_output.IsReleased)
                fresh.Write(_output.Head);
            return RefillRefusal.None;
        }

        var point = new RefillPoint(_player!.Given, _output.LastBlock, _reader.Standing, _reader.HeldBytes);
        return RefillStream.TryWrite(_output.Head, Held!, point, fresh) ? RefillRefusal.None : RefillRefusal.NotHeld;
    }

    /// <summary>The next bytes from the link, all of them; what can be made of them has gone to QEMU on return.</summary>
    /// <exception cref="PageWorkException">The stream is damaged, or says what cannot be.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _frames.Read(bytes);
        _output.Flush();
    }

    /// <summary>No more bytes come.</summary>
    /// <exception cref="PageWorkException">The stream is not complete.</exception>
    public void Complete()
    {
        _frames.End();
        if (!_answered && _frames.Hasher is not null)
            Answer(TargetMode.Stateless, 0);
        _output.Flush();
    }

    public void Dispose()
    {
        _frames.Dispose();
        _player?.Dispose();
    }

    void IFrameVisitor.OnPreface(byte version, byte codecs, byte[] key, PageHash content)
    {
        (_version, _codecs, _key) = (version, codecs, key);
        if (!content.IsMissing && !_refuses)
            UseBase(content);
        _output.Hold();
    }

    void IFrameVisitor.OnBatch(ReadOnlySpan<byte> items, ReadOnlySpan<byte> data, ReadOnlySpan<byte> raw)
    {
        var from = new ItemCursor(items, data, raw);
        while (from.Next())
        {
            if (from.Kind == WorkItem.Bytes)
                Between(from.Data);
            else if (_player is null || !_inRecords || _reader.IsOpaque)
                throw new PageWorkException(PageWorkFault.Address, "a page came where no page can be");
            else
                _player.Play(ref from);
        }
    }

    void IFrameVisitor.OnUnframed(ReadOnlySpan<byte> bytes)
    {
        // A source that cannot do page work after all does not wait, but its peer takes an answer off the return path.
        if (!_answered && _frames.Hasher is not null)
            Answer(TargetMode.Stateless, 0);
        _output.Pass(bytes);
    }

    void IStreamVisitor.OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
        if (_answered)
            return;
        if (_refuses)
        {
            Answer(TargetMode.Off, 0);
            return;
        }

        if (RamMap.TryOf(blocks) is not { } map)
        {
            Answer(TargetMode.Stateless, 0);
            return;
        }

        var held = _holder?.Open(map, _key);
        _player = new ItemPlayer(map, held, held is null ? _frames.Hasher! : new PageHasher(held.Key.Span), _output);
        Answer(held is null ? TargetMode.Stateless : TargetMode.Holds, map.Pages);
    }

    void IStreamVisitor.OnRamSection(SectionKind kind, uint section) => _inRecords = true;

    void IStreamVisitor.OnEndOfRecords() => _inRecords = false;

    // In the head it is given to another QEMU too; behind the first page nobody remembers it.
    void IStreamVisitor.OnCommand(VmCommand command, ReadOnlySpan<byte> payload) => _hasCommand |= _output.HasBegun;

    void IStreamVisitor.OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data) =>
        throw new PageWorkException(PageWorkFault.Item, "a page lies among the bytes between pages");

    void IStreamVisitor.OnZeroPage(RamBlock block, long offset, byte fill) =>
        throw new PageWorkException(PageWorkFault.Item, "a page lies among the bytes between pages");

    void IStreamVisitor.OnOpaque(ReadOnlySpan<byte> bytes)
    {
    }

    private void Between(ReadOnlySpan<byte> bytes)
    {
        // Read before they leave: with them a piece may find no QEMU there, and where it ends must be known then.
        _reader.Read(bytes, this);
        _output.Bytes(bytes);
        if (!_answered && (_reader.IsOpaque || _output.Head.Length > Limits.PageWork.HeadBytesMax))
            Answer(TargetMode.Stateless, 0);
    }

    private byte OfferedBack =>
        (byte)((Codecs.Offered & _codecs) | (_hasBase ? Codecs.Bit(BatchCodec.ZstdWindows) : 0));

    private void UseBase(PageHash digest)
    {
        var content = PageBase.TryLoad(_bootFiles, withIndex: false);
        _hasBase = content is not null && content.Digest == digest;
        if (_hasBase)
            _frames.Use(content!);
        else
            content?.Dispose();
    }

    private void Answer(TargetMode mode, int pages)
    {
        _answered = true;
        var hasher = _player?.Hasher ?? _frames.Hasher!;
        Span<byte> head = stackalloc byte[TargetAnswer.Size];
        new TargetAnswer(_version, mode, OfferedBack, hasher.Key.ToArray(), pages)
            .Write(head);
        _toSource.Write(head);
        if (mode == TargetMode.Holds)
            ManifestWriter.Write(_player!.Held!.Hashes, hasher, _toSource, isShort: _version > 1);
        _frames.Hasher = hasher;
        _output.Release();
    }
}
