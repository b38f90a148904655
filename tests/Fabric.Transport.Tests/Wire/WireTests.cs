using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Wire;

/// <summary>The bytes of version 2. They never change; a new version adds.</summary>
public class WireTests
{
    private const string TicketHex = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
    private const string SecretHex = "a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0";
    private static readonly Ticket Ticket = new(Convert.FromHexString(TicketHex));
    private static readonly LinkSecret Secret = new(Convert.FromHexString(SecretHex));

    private static readonly string Zeros61 = new('0', 122);

    private static readonly string GoldenOpen =
        "4642444c" + "02" + "02" + "03" + "01" + "00000002" + TicketHex + "6d2d37" + Zeros61
        + "00" + "000000" + "0000000000000000" + SecretHex;

    private static readonly string GoldenJoin =
        "4642444c" + "02" + "02" + "03" + "02" + "00000002"
        + "eb549e070cb2d96594335719eb8a8fcc5959f5c5d5334597f2a22ae333c90610" + "6d2d37" + Zeros61
        + "05" + "000000" + "0000000000000007" + new string('0', 64);

    [Theory]
    [InlineData(FrameType.Data, 1, false, 262128, 0, "010100000003fff00000000000000000")]
    [InlineData(FrameType.Data, 2, true, 8, 1L << 40, "01020100000000080000010000000000")]
    [InlineData(FrameType.Data, 3, false, 1, Limits.Link.OffsetMax, "01030000000000017ffffffffffc000e")]
    [InlineData(FrameType.End, 1, false, 0, 77, "0201000000000000000000000000004d")]
    [InlineData(FrameType.End, 4, true, 0, 77, "0204010000000000000000000000004d")]
    [InlineData(FrameType.Abort, 0, false, 1, 0, "03000000000000010000000000000000")]
    [InlineData(FrameType.Ack, 2, false, 8, 513, "04020000000000080000000000000201")]
    [InlineData(FrameType.Beat, 0, false, 16, 99, "05000000000000100000000000000063")]
    [InlineData(FrameType.Bye, 0, false, 0, 1, "06000000000000000000000000000001")]
    public void Frame_heads_have_their_golden_bytes(
        FrameType type, int channel, bool again, int length, long offset, string golden)
    {
        var bytes = new byte[Limits.Relay.HeaderSize];
        new FrameHeader(type, channel, again, length, offset).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(golden);
        FrameHeader.TryParse(bytes, out var read, out _).ShouldBeTrue();
        read.ShouldBe(new FrameHeader(type, channel, again, length, offset));
    }

    [Fact]
    public void Frames_without_bytes_of_a_channel_have_their_golden_bytes()
    {
        var frame = new byte[Limits.Relay.HeaderSize + FrameHeader.ControlLengthMax];
        Golden(new LinkOut(LinkOutKind.Ack, 1, default, 4096, 16_781_312, default),
            "04010000000000080000000000001000" + "0000000001001000");
        Golden(new LinkOut(LinkOutKind.End, 2, new OutFrame(9, 20, 0, 0, true), 0, 0, default),
            "02020100000000000000000000000014");
        Golden(new LinkOut(LinkOutKind.Beat, 0, default, 0, 0, new LinkBeat(1000, 998, 2)),
            "050000000000001000000000000003e8" + "00000000000003e6" + "0000000000000002");
        Golden(new LinkOut(LinkOutKind.Bye, 0, default, 0, 0, default), "06000000000000000000000000000001");

        void Golden(LinkOut next, string golden) =>
            Convert.ToHexStringLower(frame.AsSpan(0, ControlFrames.Write(next, frame))).ShouldBe(golden);
    }

    [Theory]
    [InlineData("00010000000000010000000000000000", "type 0")]
    [InlineData("07010000000000010000000000000000", "type 7")]
    [InlineData("ff010000000000010000000000000000", "type 255")]
    [InlineData("01000000000000010000000000000000", "channel 0")]
    [InlineData("01050000000000010000000000000000", "channel 5")]
    [InlineData("03010000000000010000000000000000", "channel 1")]
    [InlineData("05010000000000100000000000000000", "channel 1")]
    [InlineData("01010200000000010000000000000000", "flags are 2")]
    [InlineData("01010080000000010000000000000000", "flags")]
    [InlineData("04010100000000080000000000000000", "flags")]
    [InlineData("01010000000000000000000000000000", "length 0 ")]
    [InlineData("010100000003fff10000000000000000", "length 262129")]
    [InlineData("010100007fffffff0000000000000000", "length 2147483647")]
    [InlineData("01010000800000000000000000000000", "length 2147483648")]
    [InlineData("01010000ffffffff0000000000000000", "length 4294967295")]
    [InlineData("02010000000000010000000000000000", "length 1")]
    [InlineData("03000000000000000000000000000000", "length 0")]
    [InlineData("03000000000000020000000000000000", "length 2")]
    [InlineData("04010000000000070000000000000000", "length 7")]
    [InlineData("05000000000000110000000000000000", "length 17")]
    [InlineData("06000000000000010000000000000000", "length 1")]
    [InlineData("01010000000000018000000000000000", "offset 9223372036854775808")]
    [InlineData("0101000000000001ffffffffffffffff", "offset 18446744073709551615")]
    [InlineData("01010000000000017ffffffffffc000f", "offset 9223372036854513679")]
    [InlineData("03000000000000010000000000000001", "offset 1")]
    [InlineData("06000000000000000000000000000002", "offset 2")]
    public void Frame_heads_outside_the_drawing_are_refused_by_name(string bytes, string fault)
    {
        FrameHeader.TryParse(Convert.FromHexString(bytes), out _, out var said).ShouldBeFalse();
        said.ShouldContain(fault);
    }

    [Fact]
    public void A_hello_that_opens_has_its_golden_bytes()
    {
        var bytes = new byte[Hello.Size];
        Hello.Open(MigrationId.Of("m-7"), 2, LinkPurpose.Memory, Ticket, Secret).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(GoldenOpen);
        Hello.Size.ShouldBe(152);
        Hello.Parse(bytes, out var hello).ShouldBe(HelloCode.Accepted);
        hello!.Kind.ShouldBe(HelloKind.Open);
        hello.Migration.ShouldBe(MigrationId.Of("m-7"));
        hello.Attempt.ShouldBe(2);
        hello.Ticket.Matches(Ticket).ShouldBeTrue();
        hello.Secret!.Matches(Secret).ShouldBeTrue();
    }

    [Fact]
    public void A_hello_that_joins_has_its_golden_bytes_and_no_secret()
    {
        var bytes = new byte[Hello.Size];
        Hello.Join(MigrationId.Of("m-7"), 2, LinkPurpose.Memory, Secret, slot: 5, number: 7).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(GoldenJoin);
        Hello.Parse(bytes, out var hello).ShouldBe(HelloCode.Accepted);
        hello!.Kind.ShouldBe(HelloKind.Join);
        hello.Slot.ShouldBe(5);
        hello.Number.ShouldBe(7);
        hello.Secret.ShouldBeNull();
    }

    [Fact]
    public void A_hello_for_questions_has_its_golden_bytes()
    {
        var bytes = new byte[Hello.Size];
        Hello.Probe().Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(
            "4642444c" + "02" + "02" + "05" + "03" + "00000001" + new string('0', 64) + "70726f6265"
            + new string('0', 2 * (64 - 5)) + new string('0', 2 * 12) + new string('0', 64));
    }

    [Theory]
    [InlineData(0, "01")]
    [InlineData(7, "08")]
    public void A_disks_hello_has_its_golden_bytes(int place, string golden)
    {
        var bytes = new byte[Hello.Size];
        Hello.Open(MigrationId.Of("m-7"), 2, LinkPurpose.OfDisk(place), Ticket, Secret).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(GoldenOpen[..218] + golden + GoldenOpen[220..]);
        Hello.Parse(bytes, out var hello).ShouldBe(HelloCode.Accepted);
        hello!.Purpose.ShouldBe(LinkPurpose.OfDisk(place));
        Should.Throw<ArgumentOutOfRangeException>(() => LinkPurpose.OfDisk(Limits.Disks.PerVmMax));
        LinkPurpose.OfDisk(place).NameOf(MigrationId.Of("m-7"), 2).ShouldBe($"m-7/2 disk {place}");
        LinkPurpose.Memory.NameOf(MigrationId.Of("m-7"), 2).ShouldBe("m-7/2");
    }

    [Fact]
    public void A_disks_join_has_its_golden_bytes()
    {
        var bytes = new byte[Hello.Size];
        Hello.Join(MigrationId.Of("m-7"), 2, LinkPurpose.OfDisk(2), Secret, slot: 5, number: 7).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(
            GoldenJoin[..24] + "3d453f39dce7ef38529a11bf1a6447eccb55a9cbb337e0ef7ba503ab9ff507f0"
            + GoldenJoin[88..218] + "03" + GoldenJoin[220..]);
    }

    [Theory]
    [InlineData(DiskPieceType.Open, 0, "01000000")]
    [InlineData(DiskPieceType.Data, 1, "02000001")]
    [InlineData(DiskPieceType.Data, 262124, "0203ffec")]
    [InlineData(DiskPieceType.Close, 0, "03000000")]
    public void Pieces_of_a_disks_conversation_have_their_golden_bytes(DiskPieceType type, int length, string golden)
    {
        var bytes = new byte[Limits.DiskLink.HeadSize];
        new DiskPiece(type, length).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(golden);
        DiskPiece.TryParse(bytes, out var read).ShouldBeTrue();
        read.ShouldBe(new DiskPiece(type, length));
        Limits.DiskLink.DataMax.ShouldBe(262124);
    }

    [Fact]
    public void A_proof_is_of_one_migration_attempt_connection_and_try()
    {
        var migration = MigrationId.Of("m-7");
        var proofs = new[]
        {
            Secret.Proof(migration, 1, LinkPurpose.Memory, 0, 1), Secret.Proof(MigrationId.Of("m-8"), 1, LinkPurpose.Memory, 0, 1),
            Secret.Proof(migration, 2, LinkPurpose.Memory, 0, 1), Secret.Proof(migration, 1, LinkPurpose.Memory, 1, 1), Secret.Proof(migration, 1, LinkPurpose.Memory, 0, 2),
            LinkSecret.For([1], Ticket).Proof(migration, 1, LinkPurpose.Memory, 0, 1), Ticket,
            Secret.Proof(migration, 1, LinkPurpose.OfDisk(0), 0, 1), Secret.Proof(migration, 1, LinkPurpose.OfDisk(1), 0, 1),
        };
        proofs.Select(p => p.Reveal()).Distinct(StringComparer.Ordinal).Count().ShouldBe(proofs.Length);
        Secret.Proof(migration, 1, LinkPurpose.Memory, 0, 1).Matches(proofs[0]).ShouldBeTrue();
        LinkSecret.For([1], Ticket).Matches(LinkSecret.For([1], Ticket)).ShouldBeTrue();
        LinkSecret.For([1], Ticket).Matches(LinkSecret.For([2], Ticket)).ShouldBeFalse();
        $"{Secret}".ShouldBe("(secret)");
    }

    [Theory]
    [InlineData(0, "00", HelloCode.BadHello)]
    [InlineData(4, "0002", HelloCode.BadHello)]
    [InlineData(4, "0302", HelloCode.BadHello)]
    [InlineData(4, "0000", HelloCode.BadHello)]
    [InlineData(4, "0101", HelloCode.UnsupportedVersion)]
    [InlineData(4, "0304", HelloCode.UnsupportedVersion)]
    [InlineData(4, "ffff", HelloCode.UnsupportedVersion)]
    [InlineData(4, "01ff", HelloCode.Accepted)]
    [InlineData(6, "00", HelloCode.BadHello)]
    [InlineData(6, "02", HelloCode.BadHello)]
    [InlineData(6, "04", HelloCode.BadHello)]
    [InlineData(6, "40", HelloCode.BadHello)]
    [InlineData(6, "ff", HelloCode.BadHello)]
    [InlineData(7, "00", HelloCode.BadHello)]
    [InlineData(7, "02", HelloCode.BadHello)]
    [InlineData(7, "03", HelloCode.BadHello)]
    [InlineData(8, "00000000", HelloCode.BadHello)]
    [InlineData(8, "ffffffff", HelloCode.BadHello)]
    [InlineData(44, "2e2e2f", HelloCode.BadHello)]
    [InlineData(44, "4d2d37", HelloCode.BadHello)]
    [InlineData(107, "61", HelloCode.BadHello)]
    [InlineData(108, "01", HelloCode.BadHello)]
    [InlineData(109, "09", HelloCode.BadHello)]
    [InlineData(109, "ff", HelloCode.BadHello)]
    [InlineData(110, "01", HelloCode.BadHello)]
    [InlineData(111, "01", HelloCode.BadHello)]
    [InlineData(119, "01", HelloCode.BadHello)]
    [InlineData(120, "0000000000000000000000000000000000000000000000000000000000000000", HelloCode.BadHello)]
    public void A_hello_that_is_changed_anywhere_gets_its_code(int at, string bytes, HelloCode code)
    {
        var hello = Convert.FromHexString(GoldenOpen);
        Convert.FromHexString(bytes).CopyTo(hello, at);
        Hello.Parse(hello, out var read).ShouldBe(code);
        (read is not null).ShouldBe(code == HelloCode.Accepted);
    }

    [Theory]
    [InlineData(108, "10")]
    [InlineData(108, "ff")]
    [InlineData(112, "0000000000000000")]
    [InlineData(112, "8000000000000001")]
    [InlineData(151, "01")]
    [InlineData(7, "01")]
    public void A_join_that_is_changed_is_a_bad_hello(int at, string bytes)
    {
        var hello = Convert.FromHexString(GoldenJoin);
        Convert.FromHexString(bytes).CopyTo(hello, at);
        Hello.Parse(hello, out _).ShouldBe(HelloCode.BadHello);
    }

    [Theory]
    [InlineData(HelloCode.Accepted, 2, "4642444101020000")]
    [InlineData(HelloCode.BadHello, 0, "4642444102000000")]
    [InlineData(HelloCode.UnsupportedVersion, 0, "4642444103000000")]
    [InlineData(HelloCode.UnknownTicket, 0, "4642444104000000")]
    [InlineData(HelloCode.TicketUsed, 0, "4642444105000000")]
    [InlineData(HelloCode.TicketExpired, 0, "4642444106000000")]
    [InlineData(HelloCode.WrongPeer, 0, "4642444107000000")]
    [InlineData(HelloCode.WrongMigration, 0, "4642444108000000")]
    [InlineData(HelloCode.WrongAttempt, 0, "4642444109000000")]
    [InlineData(HelloCode.WrongPurpose, 0, "464244410a000000")]
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
    [InlineData("464244410b000000")]
    [InlineData("4642444101000000")]
    [InlineData("4642444101010000")]
    [InlineData("4642444101030000")]
    [InlineData("4642444102010000")]
    [InlineData("4642444101020001")]
    public void An_answer_that_is_none_is_refused(string bytes) =>
        HelloAnswer.TryParse(Convert.FromHexString(bytes), out _).ShouldBeFalse();

    [Fact]
    public void Numbers_on_the_wire_are_never_reused()
    {
        Enum.GetValues<AbortReason>().Select(r => $"{(byte)r} {r}").ShouldBe(
            ["1 Cancelled", "2 SourceClosed", "3 TargetClosed", "4 Stalled", "5 ProtocolError", "6 Shutdown"]);
        Enum.GetValues<FrameType>().Select(t => $"{(byte)t} {t}").ShouldBe(
            ["1 Data", "2 End", "3 Abort", "4 Ack", "5 Beat", "6 Bye"]);
        Enum.GetValues<LinkChannel>().Select(c => $"{(byte)c} {c}").ShouldBe(
            ["1 Ram", "2 ReturnPath", "3 ControlForward", "4 ControlBack"]);
        Enum.GetValues<HelloKind>().Select(k => $"{(byte)k} {k}").ShouldBe(["1 Open", "2 Join", "3 Probe"]);
        Enum.GetValues<DiskPieceType>().Select(t => $"{(byte)t} {t}").ShouldBe(["1 Open", "2 Data", "3 Close"]);
    }

    [Fact]
    public void A_ticket_reads_back_only_as_it_was_written_and_never_prints_itself()
    {
        var text = Ticket.Reveal();
        Ticket.TryRead(text)!.Matches(Ticket).ShouldBeTrue();
        foreach (var bad in new[] { null, "", text[..^1], text[..^2], text + "00", text.ToUpperInvariant(),
            "0x" + text[2..], " " + text[1..] })
            Ticket.TryRead(bad).ShouldBeNull();
        $"{Ticket}".ShouldNotContain(text[..8]);
    }
}
