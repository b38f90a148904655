using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>What the captures do not have.</summary>
public class QemuStreamTests
{
    private static readonly string[] PrecopyLines =
    [
        "header 3", "machine fabric", "Start 2", "blocks pc.ram 65536, pc.rom 8192", "eos", "footer 2",
        "Part 2", "page pc.ram 1000 0101", "page pc.ram 2000 0202", "zero pc.rom 0 00", "eos", "footer 2",
        "End 2", "page pc.rom 1000 0303", "zero pc.ram f000 aa", "eos", "footer 2",
        "device 3 fabric-guest 0 1 010203", "end",
    ];

    private static readonly string[] PostcopyLines =
    [
        "header 3", "machine fabric", "subsection configuration/target-page-bits 1 0000000c",
        "subsection configuration/capabilities 1 000000010f782d69676e6f72652d736861726564",
        "subsection configuration/uuid 1 00000000000000000000000000000000",
        "OpenReturnPath", "Ping 00000001", "PostcopyAdvise 00000000000010000000000000001000",
        "Start 2", "blocks pc.ram 65536 0, pc.rom 8192 65536", "eos", "footer 2",
        "PostcopyRamDiscard 000670632e72616d00" + "0000000000001000" + "0000000000002000" + "0000000000008000"
            + "0000000000001000",
        "Packaged 00000038", "PostcopyListen", "device 3 fabric-guest 0 1 0405", "Ping 00000003", "PostcopyRun",
        "Part 2", "page pc.ram 3000 0909", "eos", "footer 2", "End 2", "eos", "footer 2", "end",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4_096)]
    [InlineData(int.MaxValue)]
    public void A_stream_is_read_to_its_end_however_it_arrives(int chunk)
    {
        foreach (var (bytes, lines) in new[] { (Sample.Precopy(), PrecopyLines), (Sample.Postcopy(), PostcopyLines) })
        {
            var reader = new QemuStreamReader(Sample.Device);
            var transcript = new Transcript();
            reader.Feed(bytes, transcript, chunk);
            reader.End(transcript);
            transcript.Lines.ShouldBe(lines);
            transcript.Opaque.ShouldBeEmpty();
            (reader.IsComplete, reader.Opaque, reader.Fault).ShouldBe((true, OpaqueReason.AfterEnd, StreamFault.None));
        }
    }

    [Fact]
    public void The_first_pages_have_their_golden_bytes()
    {
        var bytes = Sample.Precopy();
        var head = "5145564d00000003" + "0700000006666162726963" // QEVM 3, machine "fabric"
            + "0100000002" + "0372616d" + "0000000000000004" // start 2 "ram", instance 0, version 4
            + "0000000000012004" + "0670632e72616d" + "0000000000010000" + "0670632e726f6d" + "0000000000002000"
            + "0000000000000010" + "7e00000002" // end of records, footer
            + "0200000002" + "0000000000001008" + "0670632e72616d"; // part 2, a page that names its block
        Convert.ToHexStringLower(bytes.AsSpan(0, head.Length / 2)).ShouldBe(head);
        var next = (head.Length / 2) + 4096;
        Convert.ToHexStringLower(bytes.AsSpan(next, 8)).ShouldBe("0000000000002028"); // a page that continues it
        var zero = Convert.ToHexStringLower(bytes.AsSpan(next + 8 + 4096, 16));
        zero.ShouldBe("0000000000000002" + "0670632e726f6d" + "00");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_device_that_was_not_named_makes_the_rest_opaque_from_its_first_byte(bool package)
    {
        var bytes = package ? Sample.Postcopy() : Sample.Precopy();
        var whole = new Transcript();
        new QemuStreamReader(Sample.Device).Read(bytes, whole);
        var reader = new QemuStreamReader("another");
        var transcript = new Transcript();
        reader.Feed(bytes, transcript, 5);
        transcript.Lines.ShouldBe(whole.Lines.TakeWhile(line => !line.StartsWith("device", StringComparison.Ordinal)));
        (reader.Opaque, reader.Fault, reader.IsComplete).ShouldBe((OpaqueReason.DeviceState, StreamFault.None, false));
        transcript.Opaque.ShouldBe(bytes[^transcript.Opaque.Length..]);
        transcript.Opaque[0].ShouldBe((byte)SectionKind.Full);
        reader.Why.ShouldContain(Sample.Device);
    }

    [Fact]
    public void What_follows_the_end_is_passed_on()
    {
        var reader = new QemuStreamReader(Sample.Device);
        var transcript = new Transcript();
        reader.Read([.. Sample.Precopy(), 6, 0, 0, 0, 2, .. "{}"u8], transcript);
        reader.End(transcript);
        transcript.Opaque.ShouldBe([6, 0, 0, 0, 2, .. "{}"u8]);
        (reader.IsComplete, reader.Opaque).ShouldBe((true, OpaqueReason.AfterEnd));
    }

    [Fact]
    public void Post_copy_goes_on_over_a_new_connection_without_what_was_cut()
    {
        var bytes = Sample.Postcopy();
        var reader = new QemuStreamReader(Sample.Device);
        var transcript = new Transcript();
        var cut = bytes.AsSpan().LastIndexOf((byte)9) - 100; // within the page that post-copy sends
        reader.Read(bytes.AsSpan(0, cut), transcript);
        reader.Held.ShouldBeGreaterThan(0);
        transcript.Lines.Clear();

        reader.Resume();
        reader.Feed(
            Sample.Write(at =>
            {
                at.RecvBitmap(Sample.Main);
                at.PostcopyResume();
                at.RamSection(SectionKind.Part, 2);
                at.Page(Sample.Main, 0x3000, Sample.Page(9));
                at.EndOfRecords();
                at.Footer(2);
            }),
            transcript,
            11);
        transcript.Lines.ShouldBe(
            ["RecvBitmap 0670632e72616d", "PostcopyResume", "Part 2", "page pc.ram 3000 0909", "eos", "footer 2"]);
        reader.IsOpaque.ShouldBeFalse();
    }

    [Fact]
    public void A_reader_that_is_not_past_the_beginning_or_went_opaque_cannot_go_on()
    {
        Should.Throw<InvalidOperationException>(new QemuStreamReader().Resume);
        var opaque = new QemuStreamReader();
        opaque.Read(Sample.Precopy(), new Transcript());
        Should.Throw<InvalidOperationException>(opaque.Resume).Message.ShouldContain(nameof(OpaqueReason.DeviceState));
    }

    [Fact]
    public void Discards_are_written_twelve_at_a_time_and_read_again()
    {
        var ranges = Enumerable.Range(0, 30).Select(i => ((long)i * 8192, 4096L)).ToArray();
        var read = new List<(ulong, ulong)>();
        var commands = new Transcript();
        new QemuStreamReader().Read(
            Sample.Write(at =>
            {
                at.Header();
                at.PostcopyRamDiscard(Sample.Main, ranges);
            }),
            commands);
        foreach (var line in commands.Lines.Skip(1))
        {
            RamDiscard.TryParse(Convert.FromHexString(line.Split(' ')[1]), out var discard).ShouldBeTrue();
            discard.Name.SequenceEqual("pc.ram"u8).ShouldBeTrue();
            discard.Count.ShouldBeLessThanOrEqualTo(12);
            for (var i = 0; i < discard.Count; i++)
                read.Add(discard[i]);
        }

        read.ShouldBe(ranges.Select(range => ((ulong)range.Item1, (ulong)range.Item2)));
    }

    [Fact]
    public void The_writer_refuses_what_no_reader_takes()
    {
        Sample.Write(at =>
        {
            Should.Throw<ArgumentOutOfRangeException>(() => at.Page(Sample.Rom, 0x2000, Sample.Page(0)));
            Should.Throw<ArgumentOutOfRangeException>(() => at.Page(Sample.Rom, 0x10, Sample.Page(0)));
            Should.Throw<ArgumentOutOfRangeException>(() => at.ZeroPage(Sample.Rom, -4096));
            Should.Throw<ArgumentException>(() => at.Page(Sample.Rom, 0, new byte[4095]));
            Should.Throw<ArgumentException>(() => at.DeviceState(1, "d", 0, 1, new byte[(1 << 20) + 1]));
            Should.Throw<ArgumentOutOfRangeException>(() => at.RamSection(SectionKind.Full, 2));
        }).ShouldBeEmpty();
        Should.Throw<ArgumentException>(() => new RamBlock("", 4096));
        Should.Throw<ArgumentException>(() => new RamBlock("x", 100));
    }
}
