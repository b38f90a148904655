using System.Buffers;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>The return path. The capture is what a target of QEMU 7.2 sends in a pre-copy.</summary>
public class ReturnPathTests
{
    private static readonly RamBlock Main = new("pc.ram", 16 * 4096);
    private static readonly RamBlock Rom = new("pc.rom", 4096);

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void A_capture_is_read(int chunk)
    {
        var notes = new Notes();
        var reader = new ReturnPathReader();
        reader.Feed(Convert.FromHexString("00020004000000010001000400000000"), notes, chunk);
        reader.End(notes);
        notes.Lines.ShouldBe(["pong 1", "shut 0"]);
        (reader.IsShut, reader.Fault, reader.Opaque).ShouldBe((true, StreamFault.None, OpaqueReason.AfterEnd));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(int.MaxValue)]
    public void Every_message_has_its_golden_bytes_and_is_read_again(int chunk)
    {
        var bytes = Write(at =>
        {
            at.Pong(7);
            at.RequestPages(Main, 0x3000, 4096);
            at.RequestPages(Main, 0x5000, 4096);
            at.RequestPages(Rom, 0, 4096);
            at.RecvBitmap(Main, [0x0f, 0x80, 0, 0, 0, 0, 0, 0]);
            at.ResumeAck();
            at.Resume();
            at.RequestPages(Rom, 0, 4096);
            at.SwitchoverAck();
            at.Shut(1);
        });
        Convert.ToHexStringLower(bytes).ShouldBe(
            "0002000400000007"
            + "00030013" + "0000000000003000" + "00001000" + "0670632e72616d"
            + "0004000c" + "0000000000005000" + "00001000"
            + "00030013" + "0000000000000000" + "00001000" + "0670632e726f6d"
            + "00050007" + "0670632e72616d" + "0000000000000008" + "0f80000000000000" + "0123456789abcdef"
            + "0006000400000001"
            + "00030013" + "0000000000000000" + "00001000" + "0670632e726f6d"
            + "00070000"
            + "0001000400000001");
        var notes = new Notes();
        var reader = new ReturnPathReader();
        reader.Feed(bytes, notes, chunk);
        notes.Lines.ShouldBe(
            [
                "pong 7", "pages pc.ram 3000 4096", "pages  5000 4096", "pages pc.rom 0 4096",
                "bitmap pc.ram 0f80000000000000", "resume", "pages pc.rom 0 4096", "switchover", "shut 1",
            ]);
    }

    [Theory]
    [InlineData("00080000", OpaqueReason.Message, StreamFault.None)]
    [InlineData("00000000", OpaqueReason.Message, StreamFault.None)]
    [InlineData("0001000300", OpaqueReason.Fault, StreamFault.MessageLength)]
    [InlineData("0003000d00", OpaqueReason.Fault, StreamFault.MessageLength)]
    [InlineData("0004000c" + "0000000000005000" + "00001000", OpaqueReason.Fault, StreamFault.NoBlock)]
    [InlineData("0003000e" + "0000000000005000" + "00001000" + "0261", OpaqueReason.Fault, StreamFault.MessagePayload)]
    [InlineData("000500020261", OpaqueReason.Fault, StreamFault.MessagePayload)]
    [InlineData("000500020161" + "0000000000080008", OpaqueReason.Fault, StreamFault.TooLong)]
    [InlineData("000500020161" + "0000000000000007", OpaqueReason.Fault, StreamFault.MessagePayload)]
    [InlineData("000500020161" + "0000000000000000" + "0123456789abcdee", OpaqueReason.Fault,
        StreamFault.MessagePayload)]
    [InlineData("0006000400000000", OpaqueReason.Fault, StreamFault.MessagePayload)]
    [InlineData("00020004", OpaqueReason.Fault, StreamFault.Truncated)]
    [InlineData("", OpaqueReason.Fault, StreamFault.Truncated)]
    public void What_is_wrong_or_not_known_is_named_and_passed_on(string bytes, OpaqueReason reason, StreamFault fault)
    {
        foreach (var chunk in new[] { int.MaxValue, 1 })
        {
            var notes = new Notes();
            var reader = new ReturnPathReader();
            reader.Feed(Convert.FromHexString(bytes), notes, chunk);
            reader.End(notes);
            (reader.Opaque, reader.Fault).ShouldBe((reason, fault), reader.Why);
            Convert.ToHexStringLower(notes.Opaque.ToArray()).ShouldBe(bytes);
            notes.Lines.ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_bitmap_of_the_bound_is_read_and_the_writer_refuses_more()
    {
        var notes = new Notes();
        var bytes = Write(at => at.RecvBitmap(Main, new byte[Limits.Stream.BitmapBytesMax]));
        new ReturnPathReader().Feed(bytes, notes, 4_096);
        notes.Lines.Single().Length.ShouldBe("bitmap pc.ram ".Length + (2 * Limits.Stream.BitmapBytesMax));
        Write(at =>
        {
            Should.Throw<ArgumentException>(() => at.RecvBitmap(Main, new byte[Limits.Stream.BitmapBytesMax + 8]));
            Should.Throw<ArgumentException>(() => at.RecvBitmap(Main, new byte[7]));
        }).ShouldBeEmpty();
    }

    internal static byte[] Write(Action<ReturnPathWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new ReturnPathWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    internal sealed class Notes : IReturnPathVisitor
    {
        public List<string> Lines { get; } = [];

        public List<byte> Opaque { get; } = [];

        public void OnShut(uint status) => Lines.Add($"shut {status}");

        public void OnPong(uint value) => Lines.Add($"pong {value}");

        public void OnRequestPages(ReadOnlySpan<byte> block, ulong start, uint length) =>
            Lines.Add($"pages {System.Text.Encoding.Latin1.GetString(block)} {start:x} {length}");

        public void OnRecvBitmap(ReadOnlySpan<byte> block, ReadOnlySpan<byte> bitmap) =>
            Lines.Add($"bitmap {System.Text.Encoding.Latin1.GetString(block)} {Convert.ToHexStringLower(bitmap)}");

        public void OnResumeAck() => Lines.Add("resume");

        public void OnSwitchoverAck() => Lines.Add("switchover");

        public void OnOpaque(ReadOnlySpan<byte> bytes) => Opaque.AddRange(bytes);
    }
}
