using System.Buffers;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Writes again what a reader finds, compares it with the original as it goes, and counts.</summary>
internal sealed class Copyist : IStreamVisitor, IBufferWriter<byte>
{
    private readonly byte[] _original;
    private readonly QemuStreamWriter _writer;
    private byte[] _buffer = new byte[8_192];

    public Copyist(byte[] original)
    {
        _original = original;
        _writer = new QemuStreamWriter(this);
    }

    public int Written { get; private set; }

    public int Pages { get; private set; }

    public int ZeroPages { get; private set; }

    public int Sections { get; private set; }

    public int Footers { get; private set; }

    public int OpaqueBytes { get; private set; }

    public string Machine { get; private set; } = "";

    public List<VmCommand> Commands { get; } = [];

    public IReadOnlyList<RamBlock> Blocks { get; private set; } = [];

    public void OnHeader(uint version) => _writer.Header();

    public void OnConfiguration(ReadOnlySpan<byte> machine)
    {
        Machine = System.Text.Encoding.ASCII.GetString(machine);
        _writer.Configuration(machine);
    }

    public void OnSubsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body) =>
        _writer.Subsection(name, version, body);

    public void OnCommand(VmCommand command, ReadOnlySpan<byte> payload)
    {
        Commands.Add(command);
        _writer.Command(command, payload);
    }

    public void OnRamSection(SectionKind kind, uint section)
    {
        Sections++;
        _writer.RamSection(kind, section);
    }

    public void OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
        Blocks = blocks;
        _writer.RamSetup(blocks);
    }

    public void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        Pages++;
        _writer.Page(block, offset, data);
    }

    public void OnZeroPage(RamBlock block, long offset, byte fill)
    {
        ZeroPages++;
        _writer.ZeroPage(block, offset, fill);
    }

    public void OnEndOfRecords() => _writer.EndOfRecords();

    public void OnFooter(uint section)
    {
        Footers++;
        _writer.Footer(section);
    }

    public void OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body) =>
        _writer.DeviceState(section, name, instance, version, body);

    public void OnEnd() => _writer.End();

    public void OnOpaque(ReadOnlySpan<byte> bytes)
    {
        OpaqueBytes += bytes.Length;
        _writer.Opaque(bytes);
    }

    public void Advance(int count)
    {
        if (!_buffer.AsSpan(0, count).SequenceEqual(_original.AsSpan(Written, count)))
            throw new InvalidOperationException($"what was written differs from the original after byte {Written}");
        Written += count;
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_buffer.Length < sizeHint)
            _buffer = new byte[sizeHint];
        return _buffer;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();
}
