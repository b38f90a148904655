using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The source's side: QEMU's stream goes in as it comes, page work comes out. It reads the stream, decides page by page
/// (<see cref="PageChooser"/>) and fills batches. One round trip is waited for, once: when the list of RAM was sent, the
/// target answers what it holds. A batch leaves when it is full, and when the caller says that QEMU has given all that
/// it has for now, so the last pages do not wait.
/// </summary>
internal sealed class PageEncoder : IStreamVisitor, IDisposable
{
    private readonly QemuStreamReader _reader = new();
    private readonly QemuStreamWriter _writer;
    private readonly Scratch _scratch = new(8 * 1024);
    private readonly BatchSender _sender;
    private readonly IByteSink _sink;
    private readonly IAnswerSource _answers;
    private readonly PageWorkOptions _options;
    private readonly PageChooser _chooser;
    private readonly OpenCheckpoint? _checkpoint;
    private RamMap? _map;
    private bool _bypass;

    /// <summary>Begins with the preface.</summary>
    public PageEncoder(
        PageWorkOptions options, IByteSink sink, IAnswerSource answers, TimeProvider time, byte[] key,
        OpenCheckpoint? checkpoint = null, IReadOnlyList<string>? bootFiles = null)
    {
        var content = PageBase.TryLoad(bootFiles ?? [], withIndex: true);
        _checkpoint = checkpoint;
        (_options, _sink, _answers) = (options, sink, answers);
        _writer = new QemuStreamWriter(_scratch);
        _sender = new BatchSender(new PageHasher(key), sink, time, content);
        _chooser = new PageChooser(_sender);
        Span<byte> preface = stackalloc byte[WorkPreface.Size];
        WorkPreface.Write(preface, Codecs.Offered, key, content?.Digest ?? default);
        sink.Write(preface);
        _sender.BytesOut += preface.Length;
    }

    /// <summary>What was done so far; any thread.</summary>
    public PageWorkCounts Counts => _chooser.Counts(Volatile.Read(ref _bytesIn));

    private long _bytesIn;

    /// <summary>The next bytes of QEMU's stream, all of them.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _sender.RestEnds();
        if (_bypass)
        {
            // What was read and is not whole goes out first; from then on nothing is read.
            if (!_reader.IsOpaque)
                _reader.End(this);
            _sink.Write(bytes);
            _sender.BytesOut += bytes.Length;
        }
        else
        {
            _reader.Read(bytes, this);
        }

        Volatile.Write(ref _bytesIn, _bytesIn + bytes.Length);
        _sender.RestBegins();
    }

    /// <summary>QEMU has no more for now: what is gathered goes out. Half a construct stays, for it may be a page.</summary>
    public void Flush()
    {
        _sender.RestEnds();
        if (!_bypass)
            _sender.Send();
        _sender.RestBegins();
    }

    /// <summary>QEMU has closed.</summary>
    public void Complete()
    {
        if (_bypass)
        {
            if (!_reader.IsOpaque)
                _reader.End(this);
            return;
        }

        _reader.End(this);
        _sender.Send();
        _sender.Frame(WorkFrame.End);
    }

    public void Dispose()
    {
        _chooser.Dispose();
        _sender.Dispose();
    }

    void IStreamVisitor.OnHeader(uint version)
    {
        _writer.Header();
        Between();
    }

    void IStreamVisitor.OnConfiguration(ReadOnlySpan<byte> machine)
    {
        _writer.Configuration(machine);
        Between();
    }

    void IStreamVisitor.OnSubsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body)
    {
        _writer.Subsection(name, version, body);
        Between();
    }

    void IStreamVisitor.OnCommand(VmCommand command, ReadOnlySpan<byte> payload)
    {
        _writer.Command(command, payload);
        Between();
    }

    void IStreamVisitor.OnRamSection(SectionKind kind, uint section)
    {
        _writer.RamSection(kind, section);
        Between();
    }

    void IStreamVisitor.OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
        _writer.RamSetup(blocks);
        Between();
        _map = RamMap.TryOf(blocks);
        if (_map is null)
        {
            Bypass();
            return;
        }

        _answers.Expect(_map.Pages);
        _sender.Send();
        var reader = _answers.Wait();
        if (reader.Answer.Mode == TargetMode.Off)
            Bypass();
        else
            _chooser.Begin(
                _options, _map, reader, _checkpoint is null ? null : new(_checkpoint(_map, reader.Answer.Key)));
    }

    void IStreamVisitor.OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        if (!_bypass)
        {
            _chooser.Page(block, offset, data);
            return;
        }

        _writer.Page(block, offset, data);
        Between();
    }

    void IStreamVisitor.OnZeroPage(RamBlock block, long offset, byte fill)
    {
        if (!_bypass)
        {
            _chooser.Fill(block, offset, fill);
            return;
        }

        _writer.ZeroPage(block, offset, fill);
        Between();
    }

    void IStreamVisitor.OnEndOfRecords()
    {
        _writer.EndOfRecords();
        Between();
    }

    void IStreamVisitor.OnFooter(uint section)
    {
        _writer.Footer(section);
        Between();
    }

    void IStreamVisitor.OnEnd()
    {
        _writer.End();
        Between();
    }

    void IStreamVisitor.OnOpaque(ReadOnlySpan<byte> bytes) => Between(bytes);

    private void Between()
    {
        Between(_scratch.Written);
        _scratch.Clear();
    }

    private void Between(ReadOnlySpan<byte> bytes)
    {
        if (_bypass)
        {
            _sink.Write(bytes);
            _sender.BytesOut += bytes.Length;
        }
        else
        {
            _sender.Bytes(bytes);
        }
    }

    private void Bypass()
    {
        _sender.Send();
        _sender.Frame(WorkFrame.Raw);
        _bypass = true;
    }
}
