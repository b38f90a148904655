using System.Security.Cryptography;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>
/// A target's hypervisor as far as a stream goes: the memory that it ends with, and everything between pages in its
/// order. Strict: a stream that it does not understand before the devices is a failure.
/// </summary>
internal sealed class GuestImage : IStreamVisitor
{
    private readonly List<byte[]> _memory = [];
    private readonly List<string> _between = [];
    private readonly MemoryStream _opaque = new();

    public int Pages { get; private set; }

    /// <summary>Sections, commands and footers; empty sections count.</summary>
    public IReadOnlyList<string> Between => _between;

    public byte[] Opaque => _opaque.ToArray();

    public static GuestImage Of(byte[] stream)
    {
        var image = new GuestImage();
        var reader = new QemuStreamReader(Sample.Device);
        reader.Read(stream, image);
        reader.End(image);
        (reader.Fault is StreamFault.None or StreamFault.Truncated).ShouldBeTrue(reader.Why);
        return image;
    }

    public void ShouldBeLike(GuestImage other)
    {
        _between.ShouldBe(other._between);
        Opaque.AsSpan().SequenceEqual(other.Opaque).ShouldBeTrue("the devices differ");
        _memory.Count.ShouldBe(other._memory.Count);
        for (var i = 0; i < _memory.Count; i++)
            _memory[i].AsSpan().SequenceEqual(other._memory[i]).ShouldBeTrue($"block {i} differs");
    }

    public byte[] Hash() => SHA256.HashData(_memory.SelectMany(block => SHA256.HashData(block)).ToArray());

    public void OnHeader(uint version) => _between.Add($"header {version}");

    public void OnConfiguration(ReadOnlySpan<byte> machine) => Note("machine", machine);

    public void OnSubsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body) => Note("sub", body);

    public void OnCommand(VmCommand command, ReadOnlySpan<byte> payload) => Note(command.ToString(), payload);

    public void OnRamSection(SectionKind kind, uint section) => _between.Add($"{kind} {section}");

    public void OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
        foreach (var block in blocks)
            _memory.Add(new byte[block.Length]);
    }

    public void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        data.CopyTo(_memory[block.Index].AsSpan((int)offset));
        Pages++;
    }

    public void OnZeroPage(RamBlock block, long offset, byte fill) =>
        _memory[block.Index].AsSpan((int)offset, 4096).Fill(fill);

    public void OnFooter(uint section) => _between.Add($"footer {section}");

    public void OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body) =>
        Note($"device {section} {name}", body);

    public void OnEnd() => _between.Add("end");

    public void OnOpaque(ReadOnlySpan<byte> bytes) => _opaque.Write(bytes);

    private void Note(string what, ReadOnlySpan<byte> bytes) =>
        _between.Add($"{what} {Convert.ToHexStringLower(bytes)}");
}
