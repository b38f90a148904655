using System.Text;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Notes what a reader finds, a line each.</summary>
internal sealed class Transcript : IStreamVisitor
{
    private readonly List<byte> _opaque = [];

    public List<string> Lines { get; } = [];

    public byte[] Opaque => [.. _opaque];

    public void OnHeader(uint version) => Lines.Add($"header {version}");

    public void OnConfiguration(ReadOnlySpan<byte> machine) => Lines.Add($"machine {Text(machine)}");

    public void OnSubsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body) =>
        Lines.Add($"subsection {Text(name)} {version} {Convert.ToHexStringLower(body)}");

    public void OnCommand(VmCommand command, ReadOnlySpan<byte> payload) =>
        Lines.Add($"{command} {Convert.ToHexStringLower(payload)}".TrimEnd());

    public void OnRamSection(SectionKind kind, uint section) => Lines.Add($"{kind} {section}");

    public void OnRamSetup(IReadOnlyList<RamBlock> blocks) =>
        Lines.Add("blocks " + string.Join(", ", blocks.Select(b => $"{b.Name} {b.Length} {b.Address}".TrimEnd())));

    public void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        data.Length.ShouldBe(4096);
        Lines.Add($"page {block.Name} {offset:x} {data[0]:x2}{data[4095]:x2}");
    }

    public void OnZeroPage(RamBlock block, long offset, byte fill) =>
        Lines.Add($"zero {block.Name} {offset:x} {fill:x2}");

    public void OnEndOfRecords() => Lines.Add("eos");

    public void OnFooter(uint section) => Lines.Add($"footer {section}");

    public void OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body) =>
        Lines.Add($"device {section} {name} {instance} {version} {Convert.ToHexStringLower(body)}");

    public void OnEnd() => Lines.Add("end");

    public void OnOpaque(ReadOnlySpan<byte> bytes) => _opaque.AddRange(bytes);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
