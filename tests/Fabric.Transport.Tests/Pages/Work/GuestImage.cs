using System.Security.Cryptography;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>
/// A target's hypervisor as far as a stream goes: the memory that it ends with, and everything between pages in its
/// order. Strict: a stream that it does not understand before the devices is a failure.
/// </summary>
internal sealed class GuestImage : IStreamVisitor
{
    private readonly SortedDictionary<(int Block, long Offset), byte[]> _memory = [];
    private string _layout = "";
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
        ShouldHoldWhat(other);
    }

    /// <summary>The same guest, whatever the number of its sections: a refill is one in the place of many.</summary>
    public void ShouldHoldWhat(GuestImage other)
    {
        WithoutParts(_between).ShouldBe(WithoutParts(other._between));
        Opaque.AsSpan().SequenceEqual(other.Opaque).ShouldBeTrue("the devices differ");
        _layout.ShouldBe(other._layout);
        _memory.Keys.SequenceEqual(other._memory.Keys).ShouldBeTrue("other pages are not zero");
        foreach (var (place, page) in _memory)
            page.AsSpan().SequenceEqual(other._memory[place]).ShouldBeTrue($"{place} differs");
    }

    public byte[] Hash() => SHA256.HashData(
        _memory.SelectMany(page => SHA256.HashData([.. BitConverter.GetBytes(page.Key.Offset), .. page.Value]))
            .ToArray());

    public void OnHeader(uint version) => _between.Add($"header {version}");

    public void OnConfiguration(ReadOnlySpan<byte> machine) => Note("machine", machine);

    public void OnSubsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body) => Note("sub", body);

    public void OnCommand(VmCommand command, ReadOnlySpan<byte> payload) => Note(command.ToString(), payload);

    public void OnRamSection(SectionKind kind, uint section) => _between.Add($"{kind} {section}");

    public void OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
        _layout = string.Join(", ", blocks.Select(block => $"{block.Name} {block.Length}"));
    }

    public void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        // Pages of zeros are as memory was before.
        if (data.ContainsAnyExcept((byte)0))
            _memory[(block.Index, offset)] = data.ToArray();
        else
            _memory.Remove((block.Index, offset));
        Pages++;
    }

    public void OnZeroPage(RamBlock block, long offset, byte fill)
    {
        if (fill == 0)
            _memory.Remove((block.Index, offset));
        else
            _memory[(block.Index, offset)] = Sample.Page(fill);
    }

    public void OnFooter(uint section) => _between.Add($"footer {section}");

    public void OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body) =>
        Note($"device {section} {name}", body);

    public void OnEnd() => _between.Add("end");

    public void OnOpaque(ReadOnlySpan<byte> bytes) => _opaque.Write(bytes);

    private static IEnumerable<string> WithoutParts(IEnumerable<string> between) => between.Where(
        what => !what.StartsWith("Part", StringComparison.Ordinal) && !what.StartsWith("footer", StringComparison.Ordinal));

    private void Note(string what, ReadOnlySpan<byte> bytes) =>
        _between.Add($"{what} {Convert.ToHexStringLower(bytes)}");
}
