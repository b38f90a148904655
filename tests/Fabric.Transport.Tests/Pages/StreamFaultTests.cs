using System.Buffers.Binary;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Everything that can be wrong with a stream has a name, and is passed on all the same.</summary>
public class StreamFaultTests
{
    private const string Start = "5145564d00000003"; // QEVM 3
    private const string Ram = Start + "0100000002" + "0372616d" + "0000000000000004"; // section 2, "ram"
    private const string Listed = Ram + "0000000000002004" + "0161" + "0000000000002000"; // block "a" of two pages
    private const string Ready = Listed + "0000000000000010" + "7e00000002";
    private const string Part = Ready + "0200000002";
    private const string PageOfA = "0000000000001002" + "0161" + "00";
    private const string Eos = "0000000000000010";

    [Theory]
    [InlineData("", "5145564e", StreamFault.Magic)]
    [InlineData("", "5145564d00000002", StreamFault.Version)]
    [InlineData(Start, "0700000101", StreamFault.TooLong)]
    [InlineData(Start, "08000100010000", StreamFault.CommandLength)]
    [InlineData(Start, "08000200030000", StreamFault.CommandLength)]
    [InlineData(Start, "08000300080000", StreamFault.CommandLength)]
    [InlineData(Start, "08000600130000", StreamFault.CommandLength)]
    [InlineData(Start, "08000a0003050000", StreamFault.CommandPayload)] // name of 5 bytes in 2
    [InlineData(Start, "0800060014" + "01016100" + "00000000000000000000000000001000", StreamFault.CommandPayload)]
    [InlineData(Start, "0800060014" + "00016101" + "00000000000000000000000000001000", StreamFault.CommandPayload)]
    [InlineData(Start, "0800060014" + "00026100" + "00000000000000000000000000001000", StreamFault.CommandPayload)]
    [InlineData(Start, "0800070004" + "01000001", StreamFault.TooLong)] // package
    [InlineData(Start + "0800070004" + "00000003", "0800040000", StreamFault.Package)]
    [InlineData(Start + "0800070004" + "00000005", "00", StreamFault.Package)]
    [InlineData(Start + "0800070004" + "0000000a", "080007000400000001", StreamFault.Package)]
    [InlineData(Ram, "0000000000001004" + "0161" + "0000000000002000", StreamFault.RamTotal)]
    [InlineData(Ram, "0000000000003004" + "0161" + "0000000000002000" + "0162" + "0000000000002000",
        StreamFault.RamTotal)]
    [InlineData(Ram, "0000000000002004" + "0161" + "0000000000000800", StreamFault.BlockLength)]
    [InlineData(Ram, "0000000000002004" + "0161" + "0000000000000000", StreamFault.BlockLength)]
    [InlineData(Ram, "fffffffffffff004" + "0161" + "fffffffffffff000", StreamFault.BlockLength)]
    [InlineData(Ram, "0000000000002004" + "0161" + "0000000000001000" + "0161" + "0000000000001000",
        StreamFault.BlockName)]
    [InlineData(Ram, "0000000000002004" + "00" + "0000000000001000", StreamFault.BlockName)]
    [InlineData(Part, "0000000000001008" + "0162", StreamFault.UnknownBlock)]
    [InlineData(Part, "0000000000001002" + "0262", StreamFault.Truncated)]
    [InlineData(Part, "0000000000001028", StreamFault.NoBlock)]
    [InlineData(Part, "0000000000002008" + "0161", StreamFault.PageOutside)]
    [InlineData(Part, "8000000000000002" + "0161", StreamFault.PageOutside)]
    [InlineData(Part + PageOfA, "0000000000002022", StreamFault.PageOutside)]
    [InlineData(Ready, "0200000003", StreamFault.SectionId)]
    [InlineData(Start, "0200000002", StreamFault.SectionId)]
    [InlineData(Ready + "0300000002" + Eos + "7e00000002", "0200000002", StreamFault.SectionId)]
    [InlineData(Ready, "0100000004" + "0372616d" + "0000000000000004", StreamFault.SectionId)]
    [InlineData(Part + Eos, "7e00000003", StreamFault.Footer)]
    [InlineData(Part + Eos, "0200000002", StreamFault.Footer)]
    [InlineData(Ready, "00", StreamFault.RamNotEnded)]
    [InlineData(Part, "0000000000001008" + "0161" + "00", StreamFault.Truncated)]
    [InlineData(Part, "", StreamFault.Truncated)]
    [InlineData("", "", StreamFault.Truncated)]
    [InlineData(Start, "0400000003" + "0164" + "0000000000000001" + "00100001", StreamFault.TooLong)]
    [InlineData(Start, "0400000003" + "0164" + "0000000000000001" + "0000000107" + "7e00000004", StreamFault.Footer)]
    [InlineData(Start, "0400000003" + "0164" + "0000000000000001" + "0000000107" + "00", StreamFault.Footer)]
    public void A_wrong_stream_has_a_named_fault(string good, string bad, StreamFault fault) =>
        Check(good, bad, OpaqueReason.Fault, fault);

    [Theory]
    [InlineData(Start, "09", OpaqueReason.SectionType)]
    [InlineData(Start, "05", OpaqueReason.SectionType)] // no configuration before
    [InlineData(Ready, "070000000161", OpaqueReason.SectionType)]
    [InlineData(Ready, "7e00000002", OpaqueReason.SectionType)]
    [InlineData(Start + "070000000161", "05" + "0161" + "00000001", OpaqueReason.Configuration)]
    [InlineData(Start + "070000000161", "05" + "1a"
        + "636f6e66696775726174696f6e2f6361706162696c6974696573" + "00000001"
        + "00000001" + "0161", OpaqueReason.Configuration)]
    [InlineData(Start + "070000000161", "05" + "1a"
        + "636f6e66696775726174696f6e2f6361706162696c6974696573" + "00000001"
        + "ffffffff", OpaqueReason.Configuration)]
    [InlineData(Start + "070000000161", "05" + "1e" + "636f6e66696775726174696f6e2f7461726765742d706167652d62697473"
        + "00000001" + "0000000d", OpaqueReason.Configuration)]
    [InlineData(Start, "0800000000", OpaqueReason.Command)]
    [InlineData(Start, "0800080000", OpaqueReason.Command)] // COLO
    [InlineData(Start, "08000c0000", OpaqueReason.Command)]
    [InlineData(Start, "0100000002" + "0362626d" + "0000000000000004", OpaqueReason.LiveSection)]
    [InlineData(Start, "0100000002" + "0372616d" + "0000000100000004", OpaqueReason.LiveSection)]
    [InlineData(Start, "0100000002" + "0372616d" + "0000000000000005", OpaqueReason.LiveSection)]
    [InlineData(Start, "0400000002" + "0372616d" + "0000000000000004", OpaqueReason.DeviceState)]
    [InlineData(Listed, "0000000000001004", OpaqueReason.RamLayout)] // listed twice
    [InlineData(Start + "0800030010" + "00000000002010000000000000001000" + "0100000002" + "0372616d"
        + "0000000000000004", "0000000000002004", OpaqueReason.RamLayout)] // pages of 2 MiB
    [InlineData(Part, "0000000000001004", OpaqueReason.RamRecord)] // listed in a later section
    [InlineData(Part, "0000000000001000", OpaqueReason.RamRecord)]
    [InlineData(Part, "000000000000100a", OpaqueReason.RamRecord)]
    [InlineData(Part, "0000000000001040", OpaqueReason.RamRecord)] // xbzrle
    [InlineData(Part, "0000000000001100", OpaqueReason.RamRecord)] // compressed
    [InlineData(Part, "0000000000000200", OpaqueReason.RamRecord)] // multifd
    [InlineData(Part, "0000000000001010", OpaqueReason.RamRecord)] // an end at an offset
    [InlineData(Part, "0000000000000030", OpaqueReason.RamRecord)]
    public void What_is_not_known_is_passed_on(string good, string unknown, OpaqueReason reason) =>
        Check(good, unknown, reason, StreamFault.None);

    [Fact]
    public void More_blocks_than_the_bound_are_refused_before_they_are_made()
    {
        var count = Limits.Stream.RamBlocksMax + 1;
        var list = new byte[8 + (count * 11)];
        BinaryPrimitives.WriteUInt64BigEndian(list, ((ulong)count * 4096) | 4);
        for (var i = 0; i < count; i++)
        {
            var at = list.AsSpan(8 + (i * 11));
            at[0] = 2;
            BinaryPrimitives.WriteUInt16BigEndian(at[1..], (ushort)i);
            BinaryPrimitives.WriteUInt64BigEndian(at[3..], 4096);
        }

        Check(Ram, Convert.ToHexString(list), OpaqueReason.Fault, StreamFault.TooLong);
    }

    [Fact]
    public void An_announced_length_takes_no_memory()
    {
        // A device of 1 MiB that never comes: what is held is what came.
        var reader = new QemuStreamReader("d");
        var transcript = new Transcript();
        reader.Read(Convert.FromHexString(Start), transcript);
        var before = GC.GetAllocatedBytesForCurrentThread();
        reader.Read(Convert.FromHexString("0400000003" + "0164" + "0000000000000001" + "00100000"), transcript);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4_096);
        reader.Held.ShouldBe(19);
    }

    private static void Check(string good, string bad, OpaqueReason reason, StreamFault fault)
    {
        var bytes = Convert.FromHexString(good + bad);
        foreach (var chunk in new[] { int.MaxValue, 1, 3 })
        {
            var reader = new QemuStreamReader("d");
            var transcript = new Transcript();
            reader.Feed(bytes, transcript, chunk);
            reader.End(transcript);
            (reader.Opaque, reader.Fault).ShouldBe((reason, fault), reader.Why);
            Convert.ToHexStringLower(transcript.Opaque).ShouldBe(bad.ToLowerInvariant());
            reader.Why.ShouldContain($"(at byte {good.Length / 2})");
            reader.Position.ShouldBe(bytes.Length);
            reader.Held.ShouldBe(0);
        }
    }
}
