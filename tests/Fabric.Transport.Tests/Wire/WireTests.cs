using Fabric.Protocol;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Wire;

/// <summary>The bytes of the first release. They never change; a new version adds.</summary>
public class WireTests
{
    private static readonly byte[] TicketBytes = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private static readonly string GoldenHello =
        "4642444c" + "01" + "01" + "03" + "00" + "00000002"
        + "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
        + "6d2d37" + new string('0', 122);

    [Theory]
    [InlineData(FrameType.Data, LinkChannel.Ram, 262136, "010100000003fff8")]
    [InlineData(FrameType.Data, LinkChannel.ReturnPath, 8, "0102000000000008")]
    [InlineData(FrameType.End, LinkChannel.Ram, 0, "0201000000000000")]
    [InlineData(FrameType.Abort, LinkChannel.ReturnPath, 1, "0302000000000001")]
    public void Frame_heads_have_their_golden_bytes(FrameType type, LinkChannel channel, int length, string golden)
    {
        var bytes = new byte[Limits.Relay.HeaderSize];
        new FrameHeader(type, channel, length).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(golden);
        FrameHeader.TryParse(bytes, out var read, out _).ShouldBeTrue();
        read.ShouldBe(new FrameHeader(type, channel, length));
    }

    [Theory]
    [InlineData("0001000000000001", "type 0")]
    [InlineData("0401000000000001", "type 4")]
    [InlineData("ff01000000000001", "type 255")]
    [InlineData("0100000000000001", "channel 0")]
    [InlineData("0103000000000001", "channel 3")]
    [InlineData("0101000100000001", "reserved")]
    [InlineData("0101800000000001", "reserved")]
    [InlineData("0101000000000000", "length 0 ")]
    [InlineData("010100000003fff9", "length 262137")]
    [InlineData("010100007fffffff", "length 2147483647")]
    [InlineData("0101000080000000", "length 2147483648")]
    [InlineData("01010000ffffffff", "length 4294967295")]
    [InlineData("0201000000000001", "length 1")]
    [InlineData("0301000000000000", "length 0")]
    [InlineData("0301000000000002", "length 2")]
    public void Frame_heads_outside_the_drawing_are_refused_by_name(string bytes, string fault)
    {
        FrameHeader.TryParse(Convert.FromHexString(bytes), out _, out var said).ShouldBeFalse();
        said.ShouldContain(fault);
    }

    [Fact]
    public void A_hello_has_its_golden_bytes()
    {
        var bytes = new byte[Hello.Size];
        new Hello(1, 1, MigrationId.Of("m-7"), 2, new Ticket(TicketBytes)).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(GoldenHello);
        Hello.Size.ShouldBe(108);
        Hello.Parse(bytes, out var hello).ShouldBe(HelloCode.Accepted);
        hello!.Migration.ShouldBe(MigrationId.Of("m-7"));
        hello.Attempt.ShouldBe(2);
        hello.Ticket.Matches(new Ticket(TicketBytes)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0, "00", HelloCode.BadHello)]
    [InlineData(4, "0001", HelloCode.BadHello)]
    [InlineData(4, "0201", HelloCode.BadHello)]
    [InlineData(4, "0000", HelloCode.BadHello)]
    [InlineData(4, "0203", HelloCode.UnsupportedVersion)]
    [InlineData(4, "ffff", HelloCode.UnsupportedVersion)]
    [InlineData(4, "01ff", HelloCode.Accepted)]
    [InlineData(6, "00", HelloCode.BadHello)]
    [InlineData(6, "02", HelloCode.BadHello)]
    [InlineData(6, "04", HelloCode.BadHello)]
    [InlineData(6, "40", HelloCode.BadHello)]
    [InlineData(6, "ff", HelloCode.BadHello)]
    [InlineData(7, "01", HelloCode.BadHello)]
    [InlineData(8, "00000000", HelloCode.BadHello)]
    [InlineData(8, "ffffffff", HelloCode.BadHello)]
    [InlineData(44, "2e2e2f", HelloCode.BadHello)]
    [InlineData(44, "4d2d37", HelloCode.BadHello)]
    [InlineData(107, "61", HelloCode.BadHello)]
    public void A_hello_that_is_changed_anywhere_gets_its_code(int at, string bytes, HelloCode code)
    {
        var hello = Convert.FromHexString(GoldenHello);
        Convert.FromHexString(bytes).CopyTo(hello, at);
        Hello.Parse(hello, out var read).ShouldBe(code);
        (read is not null).ShouldBe(code == HelloCode.Accepted);
    }

    [Theory]
    [InlineData(HelloCode.Accepted, 1, "4642444101010000")]
    [InlineData(HelloCode.BadHello, 0, "4642444102000000")]
    [InlineData(HelloCode.UnsupportedVersion, 0, "4642444103000000")]
    [InlineData(HelloCode.UnknownTicket, 0, "4642444104000000")]
    [InlineData(HelloCode.TicketUsed, 0, "4642444105000000")]
    [InlineData(HelloCode.TicketExpired, 0, "4642444106000000")]
    [InlineData(HelloCode.WrongPeer, 0, "4642444107000000")]
    [InlineData(HelloCode.WrongMigration, 0, "4642444108000000")]
    [InlineData(HelloCode.WrongAttempt, 0, "4642444109000000")]
    public void An_answer_has_its_golden_bytes(HelloCode code, byte version, string golden)
    {
        var bytes = new byte[HelloAnswer.Size];
        new HelloAnswer(code, version).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(golden);
        HelloAnswer.TryParse(bytes, out var read).ShouldBeTrue();
        read.ShouldBe(new HelloAnswer(code, version));
    }

    [Theory]
    [InlineData("4642444c01010000")]
    [InlineData("4642444100000000")]
    [InlineData("464244410a000000")]
    [InlineData("4642444101000000")]
    [InlineData("4642444101020000")]
    [InlineData("4642444102010000")]
    [InlineData("4642444101010001")]
    public void An_answer_that_is_none_is_refused(string bytes) =>
        HelloAnswer.TryParse(Convert.FromHexString(bytes), out _).ShouldBeFalse();

    [Fact]
    public void Abort_reasons_keep_their_numbers() =>
        Enum.GetValues<AbortReason>().Select(r => $"{(byte)r} {r}").ShouldBe(
            ["1 Cancelled", "2 SourceClosed", "3 TargetClosed", "4 Stalled", "5 ProtocolError", "6 Shutdown"]);

    [Fact]
    public void A_ticket_reads_back_only_as_it_was_written_and_never_prints_itself()
    {
        var ticket = new Ticket(TicketBytes);
        var text = ticket.Reveal();
        Ticket.TryRead(text)!.Matches(ticket).ShouldBeTrue();
        foreach (var bad in new[] { null, "", text[..^1], text[..^2], text + "00", text.ToUpperInvariant(),
            "0x" + text[2..], " " + text[1..] })
            Ticket.TryRead(bad).ShouldBeNull();
        $"{ticket}".ShouldNotContain(text[..8]);
    }
}
