using System.Buffers;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Streams that no capture has: post-copy, devices with a length, every command.</summary>
internal static class Sample
{
    public const string Device = "fabric-guest";

    public static readonly RamBlock Main = new("pc.ram", 16 * 4096);
    public static readonly RamBlock Rom = new("pc.rom", 2 * 4096, 1);

    /// <summary>A small guest with one device, whole.</summary>
    public static byte[] Precopy() => Write(at =>
    {
        Begin(at);
        at.RamSection(SectionKind.Part, 2);
        at.Page(Main, 0x1000, Page(1));
        at.Page(Main, 0x2000, Page(2));
        at.ZeroPage(Rom, 0);
        at.EndOfRecords();
        at.Footer(2);
        at.RamSection(SectionKind.End, 2);
        at.Page(Rom, 0x1000, Page(3)); // the same block as at the end of the section before
        at.ZeroPage(Main, 0xf000, fill: 0xaa);
        at.EndOfRecords();
        at.Footer(2);
        at.DeviceState(3, Device, 0, 1, [1, 2, 3]);
        at.End();
    });

    /// <summary>The same guest by post-copy.</summary>
    public static byte[] Postcopy() => Write(at =>
    {
        at.Header();
        at.Configuration("fabric"u8);
        at.Subsection("configuration/target-page-bits"u8, 1, [0, 0, 0, 12]);
        at.Subsection("configuration/capabilities"u8, 1, [0, 0, 0, 1, 15, .. "x-ignore-shared"u8]);
        at.Subsection("configuration/uuid"u8, 1, new byte[16]);
        at.OpenReturnPath();
        at.Ping(1);
        at.PostcopyAdvise();
        at.RamSection(SectionKind.Start, 2);
        at.RamSetup([new RamBlock("pc.ram", 16 * 4096, 0, 0), new RamBlock("pc.rom", 2 * 4096, 1, 0x10000)]);
        at.EndOfRecords();
        at.Footer(2);
        at.PostcopyRamDiscard(Main, [(0x1000, 0x2000), (0x8000, 0x1000)]);
        at.Packaged(Write(inside =>
        {
            inside.PostcopyListen();
            inside.DeviceState(3, Device, 0, 1, [4, 5]);
            inside.Ping(3);
            inside.PostcopyRun();
        }));
        at.ForgetBlock();
        at.RamSection(SectionKind.Part, 2);
        at.Page(Main, 0x3000, Page(9));
        at.EndOfRecords();
        at.Footer(2);
        at.RamSection(SectionKind.End, 2);
        at.EndOfRecords();
        at.Footer(2);
        at.End();
    });

    /// <summary>Header, machine, blocks.</summary>
    public static void Begin(QemuStreamWriter at)
    {
        at.Header();
        at.Configuration("fabric"u8);
        at.RamSection(SectionKind.Start, 2);
        at.RamSetup([Main, Rom]);
        at.EndOfRecords();
        at.Footer(2);
    }

    public static byte[] Page(byte value)
    {
        var page = new byte[4096];
        page.AsSpan().Fill(value);
        return page;
    }

    public static byte[] Write(Action<QemuStreamWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new QemuStreamWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }
}
