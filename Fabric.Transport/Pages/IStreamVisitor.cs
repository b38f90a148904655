namespace Fabric.Transport.Pages;

/// <summary>
/// Takes what a <see cref="QemuStreamReader"/> finds, in the order of the stream. A span is valid during the call only:
/// it lies in the caller's chunk or in the reader's buffer. What a visitor throws ends the reader.
/// </summary>
public interface IStreamVisitor
{
    /// <summary>The eight bytes at the beginning.</summary>
    void OnHeader(uint version) { }

    /// <summary>The machine type.</summary>
    void OnConfiguration(ReadOnlySpan<byte> machine) { }

    /// <summary>More of the configuration; the page bits and capabilities that the reader knows were checked.</summary>
    void OnSubsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body) { }

    /// <summary>A command; its payload has the length and the shape of its kind.</summary>
    /// <remarks>What a <see cref="VmCommand.Packaged"/> wraps follows as if it were not wrapped.</remarks>
    void OnCommand(VmCommand command, ReadOnlySpan<byte> payload) { }

    /// <summary>A section of RAM begins.</summary>
    void OnRamSection(SectionKind kind, uint section) { }

    /// <summary>All blocks, once, in the first section of RAM.</summary>
    void OnRamSetup(IReadOnlyList<RamBlock> blocks);

    /// <summary>A page; the offset is inside the block.</summary>
    /// <param name="block">One of the list's.</param>
    /// <param name="offset">Bytes; a multiple of the page size.</param>
    /// <param name="data">One page.</param>
    void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data);

    /// <summary>A page of one byte repeated.</summary>
    void OnZeroPage(RamBlock block, long offset, byte fill);

    /// <summary>The records of this section end.</summary>
    void OnEndOfRecords() { }

    /// <summary>The section ends.</summary>
    void OnFooter(uint section) { }

    /// <summary>A device whose name the reader was given; its footer was checked.</summary>
    void OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body) { }

    /// <summary>The stream is complete.</summary>
    void OnEnd() { }

    /// <summary>Bytes that were not read, from here to the end of the stream; <see cref="QemuStreamReader.Opaque"/>.</summary>
    void OnOpaque(ReadOnlySpan<byte> bytes);
}
