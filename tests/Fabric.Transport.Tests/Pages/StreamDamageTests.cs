using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Cuts and flipped bits. A strict receiver never takes a broken stream for a whole one.</summary>
public class StreamDamageTests
{
    [Fact]
    public void A_stream_that_is_cut_anywhere_is_not_complete_and_loses_no_byte()
    {
        var capture = Capture.Short("light128");
        var sample = Sample.Precopy();
        for (var i = 0; i < 100; i++)
        {
            Cut(capture, (int)((long)capture.Length * i / 100));
            Cut(sample, (int)((long)sample.Length * i / 100));
        }

        static void Cut(byte[] bytes, int length)
        {
            var cut = bytes[..length];
            var copyist = new Copyist(cut);
            var reader = new QemuStreamReader(Sample.Device);
            reader.Feed(cut, copyist, 1_000);
            reader.IsComplete.ShouldBeFalse();
            reader.End(copyist);
            copyist.Written.ShouldBe(length);
            reader.IsOpaque.ShouldBeTrue();
            if (reader.Opaque != OpaqueReason.DeviceState)
                reader.Fault.ShouldBe(StreamFault.Truncated);
        }
    }

    [Fact]
    public void A_flipped_bit_in_any_byte_of_a_small_stream_breaks_nothing_but_the_stream()
    {
        var whole = Sample.Precopy();
        var heads = 0;
        foreach (var at in Structure(whole))
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var bytes = whole.ToArray();
                bytes[at] ^= (byte)(1 << bit);
                var reader = new QemuStreamReader(Sample.Device);
                var target = new StrictTarget { Input = bytes, Reader = reader };
                reader.FeedRandom(bytes, target, new Random(at));
                reader.End(target);
                reader.Position.ShouldBe(bytes.Length);
                heads++;
            }
        }

        heads.ShouldBeGreaterThan(1_000);
    }

    [Theory]
    [InlineData(0x0000_0000_1000_0000UL, StreamFault.PageOutside)] // 256 MiB of 128
    [InlineData(0x8000_0000_0000_0000UL, StreamFault.PageOutside)]
    [InlineData(0x20UL, StreamFault.UnknownBlock)] // the page's bytes are read as a name
    public void A_flipped_bit_in_the_head_of_a_page_has_its_name(ulong mask, StreamFault fault)
    {
        // The hundredth record: one that continues pc.ram.
        var bytes = Capture.Short("light128");
        var reader = new QemuStreamReader();
        long at = 0, count = 0;
        var finder = new StrictTarget { BeforePage = () => at = ++count == 100 ? reader.Position : at };
        reader.Feed(bytes, finder, int.MaxValue);
        for (var i = 0; i < 8; i++)
            bytes[at + i] ^= (byte)(mask >> (56 - (8 * i)));

        var broken = new QemuStreamReader();
        var target = new StrictTarget();
        broken.Feed(bytes, target, 4_096);
        (broken.Opaque, broken.Fault).ShouldBe((OpaqueReason.Fault, fault), broken.Why);
        target.Pages.ShouldBe(99);
        target.Opaque.ShouldBe(bytes.Length - at);
    }

    /// <summary>All bytes but those inside of pages.</summary>
    private static IEnumerable<int> Structure(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length; at++)
            if (at + 64 >= bytes.Length || at < 64 || bytes[at] != bytes[at - 64] || bytes[at] != bytes[at + 64])
                yield return at;
    }
}
