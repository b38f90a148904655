using System.Buffers;
using System.Globalization;
using Fabric.Protocol;
using Fabric.Simulation.World;
using Fabric.Testing.Scenarios;
using Fabric.Transport.Pages;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Simulation.Pages;

/// <summary>
/// The pages of one transfer: a modelled QEMU's stream, the product's encoder and decoder, and at the other end what
/// QEMU made of it. Each copy goes over at once, or, when the transfer ends, up to any byte of it.
/// </summary>
internal sealed class SimPageWork : IAnswerSource, IByteSink, IStreamVisitor, IDisposable
{
    private const int Section = 2;
    private static readonly byte[] Device = [1, 2, 3, 4];

    private readonly SimPages _pages;
    private readonly ModelTransfer _transfer;
    private readonly SimHost _from;
    private readonly SimHost _to;
    private readonly TransferStores _stores;
    private readonly RamBlock[] _blocks;
    private readonly byte[]?[] _sent;
    private readonly byte[][] _arrived;
    private readonly ArrayBufferWriter<byte> _stream = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _answer = new();
    private QemuStreamWriter? _qemu;
    private PageEncoder? _encoder;
    private PageDecoder? _decoder;
    private int _expected;
    private long? _gets;
    private bool _sourceEnded;
    private bool _targetEnded;

    public SimPageWork(SimPages pages, ModelTransfer transfer, SimHost from, SimHost to)
    {
        (_pages, _transfer, _from, _to) = (pages, transfer, from, to);
        _stores = new TransferStores(pages, transfer.Source.Vm, from, to, () => _transfer.Source.Run != RunState.Running);
        var count = pages.Plan.Pages;
        _blocks = [new("pc.ram", (count - 2L) * GuestMemory.PageSize), new("pc.rom", 2L * GuestMemory.PageSize, 1)];
        _sent = new byte[]?[count];
        _arrived = [.. Enumerable.Repeat(GuestMemory.Zero, count)];
    }

    /// <summary>A round has gone over.</summary>
    public void Round() => Pump(last: false);

    /// <summary>The last copy has gone over, and the target holds the guest. False when its relays gave up.</summary>
    public bool Load()
    {
        if (!Pump(last: true))
            return false;
        _pages.Loaded(_transfer.Target, [.. _arrived], _pages.MemoryOf(_transfer.Source));
        if (_pages.Chance.OneIn(2))
            EndTarget();
        return true;
    }

    /// <summary>The guest runs at the target, and its agent is the one that took it in.</summary>
    public void Granted(SimAgent agent) => _stores.Granted(agent);

    /// <summary>Whoever is gone has let go.</summary>
    public void Look()
    {
        if (!_transfer.SourceRelay || !_transfer.Source.Alive)
            EndSource();
        if (!_transfer.TargetRelay || !_transfer.Target.Alive)
            EndTarget();
    }

    /// <summary>The transfer is over, or one of its agents.</summary>
    public void Dispose()
    {
        EndSource();
        EndTarget();
    }

    void IAnswerSource.Expect(int pages) => _expected = pages;

    AnswerReader IAnswerSource.Wait()
    {
        var reader = new AnswerReader(_expected);
        ReadOnlySpan<byte> bytes = _answer.WrittenSpan;
        reader.Read(ref bytes);
        if (!reader.IsComplete)
            throw new PageWorkException(PageWorkFault.NoAnswer, "the transfer ended before the target had answered");
        _stores.Answered(reader);
        return reader;
    }

    /// <summary>The link.</summary>
    void IByteSink.Write(ReadOnlySpan<byte> bytes)
    {
        if (_gets is { } left)
        {
            bytes = bytes[..(int)Math.Min(bytes.Length, left)];
            _gets = left - bytes.Length;
        }

        if (!bytes.IsEmpty)
            _decoder!.Write(bytes);
    }

    void IStreamVisitor.OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
    }

    void IStreamVisitor.OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        var page = NumberOf(block, offset);
        var source = _sent[page];
        _arrived[page] = source is not null && data.SequenceEqual(source) ? source : data.ToArray();
        _stores.Arrived(page, _arrived[page]);
    }

    void IStreamVisitor.OnZeroPage(RamBlock block, long offset, byte fill)
    {
        var page = NumberOf(block, offset);
        _arrived[page] = GuestMemory.Zero;
        _stores.Arrived(page, GuestMemory.Zero);
    }

    void IStreamVisitor.OnOpaque(ReadOnlySpan<byte> bytes)
    {
    }

    private int NumberOf(RamBlock block, long offset) =>
        (block.Index == 0 ? 0 : _arrived.Length - 2) + (int)(offset / GuestMemory.PageSize);

    /// <summary>Lets what was written since the last time go over. False when it could not.</summary>
    private bool Pump(bool last)
    {
        if (_sourceEnded || _targetEnded)
            return false;
        try
        {
            var first = _encoder is null;
            if (first)
                Begin();
            Copy(first, last);
            _encoder!.Write(_stream.WrittenSpan);
            _encoder.Flush();
            if (last)
            {
                _encoder.Complete();
                _decoder!.Complete();
            }

            if (first)
                _stores.SentFirst(_encoder.Counts);
            return true;
        }
        catch (PageWorkException e)
        {
            if (_gets is null)
            {
                _gets = 0;
                _stores.Broke(e);
                _pages.World.Transfers.BreakSoon(_transfer);
            }

            Dispose();
            return false;
        }
    }

    private void Begin()
    {
        _qemu = new QemuStreamWriter(_stream);
        var reader = new QemuStreamReader();
        _decoder = new PageDecoder(_stores.TargetOptions, new ToQemu(reader, this), new Answer(_answer), _stores);
        _encoder = new PageEncoder(
            _stores.SourceOptions, this, this, _from.Agent?.Process ?? TimeProvider.System, _stores.Key(), _stores.OpenCheckpoint);
    }

    /// <summary>QEMU's stream: at first its head and every page, then those that were written, now and then one that was not.</summary>
    private void Copy(bool first, bool last)
    {
        var memory = _pages.MemoryOf(_transfer.Source);
        var before = _stores.SentBefore(_transfer.Source);
        _stream.Clear();
        if (first)
        {
            _qemu!.Header();
            _qemu.Configuration("fabric"u8);
            _qemu.RamSection(SectionKind.Start, Section);
            _qemu.RamSetup(_blocks);
            _qemu.EndOfRecords();
            _qemu.Footer(Section);
        }

        _qemu!.RamSection(last ? SectionKind.End : SectionKind.Part, Section);
        for (var page = 0; page < _sent.Length; page++)
        {
            var content = memory.Pages[page];
            var clean = first ? ReferenceEquals(before?[page], content)
                : ReferenceEquals(_sent[page], content) && (last || !_pages.Chance.OneIn(8));
            _sent[page] = content;
            if (clean)
                continue;
            _stores.Sending(page, content);
            var (block, number) = page < _sent.Length - 2 ? (_blocks[0], page) : (_blocks[1], page - _sent.Length + 2);
            if (content == GuestMemory.Zero)
                _qemu.ZeroPage(block, number * (long)GuestMemory.PageSize);
            else
                _qemu.Page(block, number * (long)GuestMemory.PageSize, content);
        }

        _qemu.EndOfRecords();
        _qemu.Footer(Section);
        if (!last)
            return;
        _qemu.DeviceState(3, "fabric-guest", 0, 1, Device);
        _qemu.End();
    }

    private void EndSource()
    {
        if (_sourceEnded)
            return;
        PartOfACopy();
        _sourceEnded = true;
        _stores.SourceEnds(_transfer.Source, _sent);
        _encoder?.Dispose();
        _encoder = null;
    }

    private void EndTarget()
    {
        if (_targetEnded)
            return;
        PartOfACopy();
        _targetEnded = true;
        _decoder?.Dispose();
        _decoder = null;
        _stores.TargetEnds();
    }

    /// <summary>A copy was under way when it ended: its first bytes have arrived.</summary>
    private void PartOfACopy()
    {
        if (_sourceEnded || _targetEnded || _gets is not null || _transfer.Target.Phase != MigrationPhase.Active
            || !_pages.Chance.OneIn(2))
            return;
        _gets = _pages.Chance.Spread(1, _sent.Length * (long)GuestMemory.PageSize);
        Pump(last: false);
    }

    private sealed class ToQemu(QemuStreamReader reader, IStreamVisitor guest) : IByteSink
    {
        public void Write(ReadOnlySpan<byte> bytes) => reader.Read(bytes, guest);
    }

    private sealed class Answer(ArrayBufferWriter<byte> bytes) : IByteSink
    {
        public void Write(ReadOnlySpan<byte> more) => bytes.Write(more);
    }
}
