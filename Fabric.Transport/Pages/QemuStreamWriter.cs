using System.Buffers;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>
/// Writes a migration stream as QEMU 7.2 does, byte for byte. It keeps only what decides the next bytes: the block of
/// the last page. The order is the caller's; <c>StreamLayout.cs</c> draws it.
/// </summary>
public sealed partial class QemuStreamWriter(IBufferWriter<byte> output)
{
    private const int FooterSize = 5;
    private RamBlock? _block;

    /// <summary>The beginning.</summary>
    public void Header()
    {
        var at = new Quill(output, 8);
        at.UInt32(StreamLayout.Magic);
        at.UInt32(StreamLayout.Version);
        at.Advance();
    }

    /// <summary>The machine type, such as <c>pc-q35-7.2</c>.</summary>
    public void Configuration(ReadOnlySpan<byte> machine)
    {
        if (machine.Length > Limits.Stream.MachineBytesMax)
            throw new ArgumentException($"at most {Limits.Stream.MachineBytesMax} bytes", nameof(machine));
        var at = new Quill(output, 5 + machine.Length);
        at.Byte(StreamLayout.Configuration);
        at.UInt32((uint)machine.Length);
        at.Bytes(machine);
        at.Advance();
    }

    /// <summary>More of the configuration.</summary>
    public void Subsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body)
    {
        var at = new Quill(output, 1 + 1 + name.Length + 4 + body.Length);
        at.Byte(StreamLayout.Subsection);
        at.Name(name);
        at.UInt32(version);
        at.Bytes(body);
        at.Advance();
    }

    /// <summary>A section of RAM begins. The first is followed by <see cref="RamSetup"/>.</summary>
    public void RamSection(SectionKind kind, uint section)
    {
        var at = new Quill(output, 5 + 4 + 8);
        at.Byte((byte)kind);
        at.UInt32(section);
        if (kind == SectionKind.Start)
        {
            at.Name(StreamLayout.RamName);
            at.UInt32(0);
            at.UInt32(StreamLayout.RamVersion);
        }
        else if (kind is not (SectionKind.Part or SectionKind.End))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "RAM is a live section");
        }

        at.Advance();
    }

    /// <summary>All blocks, with their addresses where they have them.</summary>
    public void RamSetup(IReadOnlyList<RamBlock> blocks)
    {
        if (blocks.Count > Limits.Stream.RamBlocksMax)
            throw new ArgumentException($"RAM has {Limits.Stream.RamBlocksMax} blocks at most", nameof(blocks));
        ulong total = 0;
        for (var i = 0; i < blocks.Count; i++)
            total = checked(total + (ulong)blocks[i].Length);
        var at = new Quill(output, 8 + (blocks.Count * (1 + Limits.Stream.NameBytesMax + 8 + 8)));
        at.UInt64(total | StreamLayout.FlagMemSize);
        for (var i = 0; i < blocks.Count; i++)
        {
            at.Name(blocks[i].NameBytes);
            at.UInt64((ulong)blocks[i].Length);
            if (blocks[i].Address is { } address)
                at.UInt64(address);
        }

        at.Advance();
    }

    /// <summary>A page.</summary>
    /// <param name="block">The block; named when it is another than that of the page before.</param>
    /// <param name="offset">Bytes; the beginning of a page in the block.</param>
    /// <param name="data">One page.</param>
    public void Page(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        if (data.Length != Limits.Stream.PageSize)
            throw new ArgumentException($"{data.Length} bytes are not a page", nameof(data));
        var at = Record(block, offset, StreamLayout.FlagPage, data.Length);
        at.Bytes(data);
        at.Advance();
    }

    /// <summary>The head of a page whose bytes the caller puts right behind it by itself, without a copy.</summary>
    public void PageHead(RamBlock block, long offset) => Record(block, offset, StreamLayout.FlagPage, 0).Advance();

    /// <summary>A page of one byte repeated. Newer QEMU takes zeros only.</summary>
    public void ZeroPage(RamBlock block, long offset, byte fill = 0)
    {
        var at = Record(block, offset, StreamLayout.FlagZero, 1);
        at.Byte(fill);
        at.Advance();
    }

    /// <summary>The next page names its block: after the first steps of post-copy, and over a new connection.</summary>
    public void ForgetBlock() => _block = null;

    /// <summary>Ends a section's records.</summary>
    public void EndOfRecords()
    {
        var at = new Quill(output, 8);
        at.UInt64(StreamLayout.FlagEos);
        at.Advance();
    }

    /// <summary>Ends a section.</summary>
    public void Footer(uint section)
    {
        var at = new Quill(output, FooterSize);
        Footer(ref at, section);
        at.Advance();
    }

    /// <summary>A device in one section, with the length that a reader needs which was given its name.</summary>
    public void DeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body)
    {
        if (body.Length > Limits.Stream.DeviceBytesMax)
            throw new ArgumentException($"at most {Limits.Stream.DeviceBytesMax} bytes", nameof(body));
        var bytes = Encoding.Latin1.GetBytes(name);
        var at = new Quill(output, 1 + 4 + 1 + bytes.Length + 4 + 4 + 4 + body.Length + FooterSize);
        at.Byte((byte)SectionKind.Full);
        at.UInt32(section);
        at.Name(bytes);
        at.UInt32(instance);
        at.UInt32(version);
        at.UInt32((uint)body.Length);
        at.Bytes(body);
        Footer(ref at, section);
        at.Advance();
    }

    /// <summary>The end.</summary>
    public void End()
    {
        var at = new Quill(output, 1);
        at.Byte(StreamLayout.EndOfStream);
        at.Advance();
    }

    /// <summary>Bytes as they are.</summary>
    public void Opaque(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    private static void Footer(ref Quill at, uint section)
    {
        at.Byte(StreamLayout.Footer);
        at.UInt32(section);
    }

    private Quill Record(RamBlock block, long offset, ulong flag, int room)
    {
        if (!block.Holds(offset) || offset % Limits.Stream.PageSize != 0)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"no page of {block.Name} begins there");
        var same = ReferenceEquals(block, _block);
        var at = new Quill(output, 8 + 1 + block.NameBytes.Length + room);
        at.UInt64((ulong)offset | flag | (same ? StreamLayout.FlagContinue : 0));
        if (!same)
            at.Name(block.NameBytes);
        _block = block;
        return at;
    }
}
