using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>What real QEMU wrote is read, and written again to the same bytes. Counts are of an independent parser.</summary>
public class CaptureTests
{
    private static readonly string[] Names = ["light128", "sparse128", "q10light"];

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var name in Names)
            foreach (var chunk in new[] { 0, 1, 7, 4_095, 4_096, 4_097, 65_536, int.MaxValue })
                cases.Add(name, chunk);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_capture_is_written_again_to_the_same_bytes_however_it_arrives(string name, int chunk)
    {
        var bytes = Capture.Short(name);
        var copyist = new Copyist(bytes);
        var reader = Read(bytes, copyist, chunk);
        var (machine, pages, zeros, sections, tail) = name switch
        {
            "light128" => ("pc-q35-7.2", 292, 177, 37, 124_573),
            "sparse128" => ("pc-q35-7.2", 706, 157, 89, 124_573),
            _ => ("pc-q35-10.0", 278, 188, 36, 124_905),
        };
        Check(copyist, reader, bytes, machine, (pages, zeros, sections, tail));
    }

    [FullCaptureTheory]
    [InlineData("light128", "pc-q35-7.2", 18_042, 15_603, 37, 124_573)]
    [InlineData("sparse128", "pc-q35-7.2", 32_921, 13_552, 89, 124_573)]
    [InlineData("q10light", "pc-q35-10.0", 17_995, 15_587, 36, 124_905)]
    public void A_capture_in_full_is_written_again_to_the_same_bytes(
        string name, string machine, int pages, int zeros, int sections, int tail)
    {
        var bytes = Capture.Full(name);
        foreach (var chunk in new[] { 0, 4_096, 262_136 })
        {
            var copyist = new Copyist(bytes);
            var reader = Read(bytes, copyist, chunk);
            Check(copyist, reader, bytes, machine, (pages, zeros, sections, tail));
        }
    }

    private static QemuStreamReader Read(byte[] bytes, Copyist copyist, int chunk)
    {
        var reader = new QemuStreamReader();
        if (chunk == 0)
            reader.FeedRandom(bytes, copyist, new Random(7));
        else
            reader.Feed(bytes, copyist, chunk);
        reader.End(copyist);
        return reader;
    }

    private static void Check(
        Copyist copyist, QemuStreamReader reader, byte[] bytes, string machine, (int, int, int, int) counts)
    {
        copyist.Written.ShouldBe(bytes.Length);
        reader.Position.ShouldBe(bytes.Length);
        reader.Held.ShouldBe(0);
        (copyist.Pages, copyist.ZeroPages, copyist.Sections, copyist.OpaqueBytes).ShouldBe(counts);
        copyist.Footers.ShouldBe(copyist.Sections);
        copyist.Machine.ShouldBe(machine);
        copyist.Blocks.Select(block => block.Name).ShouldBe(
            ["pc.ram", "/rom@etc/acpi/tables", "pc.bios", "pc.rom", "/rom@etc/table-loader", "/rom@etc/acpi/rsdp"],
            ignoreOrder: true);
        VmCommand[] commands = [VmCommand.OpenReturnPath, VmCommand.Ping, VmCommand.SwitchoverStart];
        copyist.Commands.ShouldBe(commands[..(machine.EndsWith("10.0", StringComparison.Ordinal) ? 3 : 2)]);
        (reader.Opaque, reader.Fault).ShouldBe((OpaqueReason.DeviceState, StreamFault.None));
        reader.Why.ShouldContain("timer");
        (reader.IsRamEnded, reader.IsComplete).ShouldBe((true, false));
    }
}
