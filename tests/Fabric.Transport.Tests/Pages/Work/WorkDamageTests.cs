using System.Globalization;
using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>
/// A work stream that was damaged on its way, or written by a source that lies. <c>FABRIC_FUZZ</c> is how many damaged
/// streams there are, <c>FABRIC_FUZZ_SEED</c> the first.
/// </summary>
public class WorkDamageTests
{
    private static readonly int Count = Setting("FABRIC_FUZZ", 4_000) / 4;
    private static readonly int First = Setting("FABRIC_FUZZ_SEED", 1);

    [Fact]
    public void A_damaged_stream_gives_right_pages_and_a_named_fault()
    {
        var (stream, work) = Recorded();
        var faults = new Dictionary<PageWorkFault, int>();
        for (var seed = First; seed < First + Count; seed++)
        {
            var random = new Random(seed);
            var fault = Play(Damage(work, random), stream, random);
            faults[fault] = faults.GetValueOrDefault(fault) + 1;
        }

        if (Count > 500)
        {
            PageWorkFault[] expected =
                [PageWorkFault.Check, PageWorkFault.Sequence, PageWorkFault.Length, PageWorkFault.Truncated];
            faults.Keys.ShouldBeSubsetOf(Enum.GetValues<PageWorkFault>());
            expected.ShouldBeSubsetOf(faults.Keys);
        }
    }

    [Fact]
    public void A_stream_that_is_cut_anywhere_is_truncated()
    {
        var (stream, work) = Recorded();
        for (var length = WorkPreface.Magic.Length; length < work.Length; length += length < 400 ? 1 : 97)
            Play(work[..length], stream, new Random(length)).ShouldBe(PageWorkFault.Truncated, $"cut at {length}");
    }

    [Fact]
    public void A_frame_that_comes_twice_or_not_at_all_or_too_late_is_out_of_turn()
    {
        var (stream, work) = Recorded();
        var frames = Frames(work);
        frames.Count.ShouldBeGreaterThan(4);
        byte[] Joined(IEnumerable<byte[]> all) => [.. all.SelectMany(frame => frame)];
        for (var i = 1; i < frames.Count; i++)
        {
            var without = frames.Where((_, at) => at != i);
            var expected = i == frames.Count - 1 ? PageWorkFault.Truncated : PageWorkFault.Sequence;
            Play(Joined(without), stream, new Random(i)).ShouldBe(expected);
            List<byte[]> twice = [.. frames[..i], frames[i], .. frames[i..]];
            Play(Joined(twice), stream, new Random(i)).ShouldBe(
                i == frames.Count - 1 ? PageWorkFault.Truncated : PageWorkFault.Sequence);
        }

        Play([.. work, 1], stream, new Random(1)).ShouldBe(PageWorkFault.Truncated);
    }

    [Fact]
    public void A_batch_that_unpacks_to_more_or_less_than_it_says_is_refused()
    {
        using var codec = new ZstdCodec();
        var packed = new byte[100_000];
        var bomb = codec.Pack(new byte[64 << 20], packed, 1);
        foreach (var plain in new[] { Limits.PageWork.PlainBytesMax, 5_000, bomb + 1 })
        {
            var head = new WorkHead(WorkFrame.Batch, BatchCodec.Zstd, 0, 1, plain, bomb, 0, 0);
            Forged(head, packed[..bomb], default, default).ShouldBe(PageWorkFault.Unpack);
        }

        var small = codec.Pack(new byte[3_000], packed, 1);
        Forged(new(WorkFrame.Batch, BatchCodec.Zstd, 0, 1, 4_000, small, 0, 0), packed[..small], default, default)
            .ShouldBe(PageWorkFault.Unpack);
        Forged(new(WorkFrame.Batch, BatchCodec.Lz4, 0, 1, 4_000, small, 0, 0), packed[..small], default, default)
            .ShouldBe(PageWorkFault.Unpack);
    }

    [Theory]
    [InlineData(1, 0, 4, 4)]
    [InlineData(1, 5, 4, 4)]
    [InlineData(1, -1, 4, 4)]
    [InlineData(1, 1, int.MaxValue, int.MaxValue)]
    [InlineData(1, 1, Limits.PageWork.PlainBytesMax + 1, Limits.PageWork.PlainBytesMax + 1)]
    [InlineData(1, 1, 4, 3)]
    [InlineData(3, 1, 4, 4)]
    public void Lengths_that_cannot_be_are_refused_before_a_byte_is_waited_for(
        byte type, int items, int plain, int packed) =>
        Forged(new((WorkFrame)type, BatchCodec.Plain, 0, items, plain, packed, 0, 0), [], default, default)
            .ShouldBe(PageWorkFault.Length);

    [Fact]
    public void A_frame_or_a_packing_that_is_not_known_is_refused()
    {
        Forged(new((WorkFrame)9, BatchCodec.Plain, 0, 1, 1, 1, 0, 0), [], default, default)
            .ShouldBe(PageWorkFault.FrameType);
        Forged(new(WorkFrame.Batch, (BatchCodec)9, 0, 1, 1, 1, 0, 0), [], default, default)
            .ShouldBe(PageWorkFault.Codec);
    }

    [Theory]
    [InlineData(new byte[] { 9 }, 0, PageWorkFault.Item)] // not a kind
    [InlineData(new byte[] { 4, 0, 2 }, 4096, PageWorkFault.Item)] // two pages in the bytes of one
    [InlineData(new byte[] { 4, 0, 0 }, 0, PageWorkFault.Item)] // no pages
    [InlineData(new byte[] { 4, 0, 255, 255, 255, 255, 127 }, 0, PageWorkFault.Item)] // a number of 35 bits
    [InlineData(new byte[] { 4, 0 }, 0, PageWorkFault.Item)] // cut
    [InlineData(new byte[] { 4, 1, 1 }, 4096, PageWorkFault.Address)] // before the first
    [InlineData(new byte[] { 4, 36, 1 }, 4096, PageWorkFault.Address)] // behind the last of 18
    [InlineData(new byte[] { 2, 34, 2, 0 }, 0, PageWorkFault.Address)] // across it
    [InlineData(new byte[] { 2, 0, 255, 255, 255, 255, 15, 0 }, 0, PageWorkFault.Address)]
    [InlineData(new byte[] { 4, 0, 1 }, 4097, PageWorkFault.Item)] // a byte more than belongs to it
    [InlineData(new byte[] { 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 0, PageWorkFault.NotHeld)]
    [InlineData(new byte[] { 6, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0 }, 0, PageWorkFault.NotHeld)]
    [InlineData(new byte[] { 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 0, PageWorkFault.NotHeld)] // page -1
    [InlineData(new byte[] { 7, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0 }, 3, PageWorkFault.NotHeld)]
    public void An_item_that_cannot_be_is_refused(byte[] items, int data, PageWorkFault fault)
    {
        foreach (var holds in new[] { true, false })
            Lying(items, new byte[data], holds).ShouldBe(fault);
    }

    [Fact]
    public void A_patch_that_contradicts_itself_or_gives_another_page_is_refused()
    {
        byte[] page = [4, 0, 1];
        byte[] patch = [.. page, 7, 1, 3, 1, 2, 3, 4, 5, 6, 7, 8];
        Lying(patch, [.. Sample.Page(1), 0, 1, 9]).ShouldBe(PageWorkFault.WrongPage);
        Lying(patch, [.. Sample.Page(1), 0, 2, 9]).ShouldBe(PageWorkFault.Item);
        Lying(patch, [.. Sample.Page(1), 0, 0, 9]).ShouldBe(PageWorkFault.Item);
        Lying(patch, [.. Sample.Page(1), 255, 255, 3]).ShouldBe(PageWorkFault.Item);
    }

    [Fact]
    public void A_page_where_none_can_be_is_refused()
    {
        var link = new Forger();
        link.Batch([4, 0, 1], Sample.Page(1));
        link.Play().ShouldBe(PageWorkFault.Address); // before the list of RAM

        link = new Forger();
        var head = Sample.Write(Sample.Begin);
        link.Batch([1, (byte)(head.Length | 0x80), (byte)(head.Length >> 7), 4, 0, 1], [.. head, .. Sample.Page(1)]);
        link.Play().ShouldBe(PageWorkFault.Address); // between two sections
    }

    [Fact]
    public void The_same_page_a_million_times_is_only_slow()
    {
        var link = new Forger();
        var head = Sample.Write(at =>
        {
            Sample.Begin(at);
            at.RamSection(Fabric.Transport.Pages.SectionKind.Part, 2);
        });
        link.Batch([1, (byte)(head.Length | 0x80), (byte)(head.Length >> 7)], head);
        var fills = Enumerable.Range(0, 1_000).SelectMany(i => new byte[] { 2, (byte)(i == 0 ? 0 : 1), 1, 0 });
        for (var i = 0; i < 1_000; i++)
            link.Batch([.. fills], []);
        link.End();
        link.Play().ShouldBe(PageWorkFault.None);
        link.ToQemu.Length.ShouldBeGreaterThan(9_000_000);
    }

    /// <summary>A stream of a guest with every kind of page, and the work that a source made of it.</summary>
    private static (byte[] Stream, byte[] Work) Recorded()
    {
        var random = new Random(5);
        var writes = Enumerable.Range(0, 400).Select(_ => new GuestWrite(
            random.Next(TinyGuest.Pages), random.Next(TinyGuest.Kinds), random.Next(50))).ToArray();
        var stream = TinyGuest.Stream(writes);
        var work = new List<byte>();
        using var pair = new WorkPair(holder: new MemoryHolder(), damage: bytes =>
        {
            work.AddRange(bytes);
            return bytes;
        });
        pair.Run(stream, 10_000);
        var counts = pair.Encoder.Counts;
        new[] { counts.Zero, counts.Unchanged, counts.Reference, counts.Delta, counts.Plain, counts.Raw }
            .ShouldAllBe(count => count > 0);
        return (stream, [.. work]);
    }

    private static List<byte[]> Frames(byte[] work)
    {
        List<byte[]> frames = [work[..WorkPreface.Size]];
        for (var at = WorkPreface.Size; at < work.Length;)
        {
            var length = WorkHead.Size + BitConverter.ToInt32(work, at + 16) + BitConverter.ToInt32(work, at + 20);
            frames.Add(work[at..(at + length)]);
            at += length;
        }

        return frames;
    }

    private static PageWorkFault Play(byte[] work, byte[] stream, Random random)
    {
        var output = new Collector();
        using var decoder = new PageDecoder(new PageWorkOptions(), output, new Collector(), new MemoryHolder());
        try
        {
            for (var at = 0; at < work.Length;)
            {
                var taken = Math.Min(work.Length - at, random.Next(1, 50_000));
                decoder.Write(work.AsSpan(at, taken));
                at += taken;
            }

            decoder.Complete();
        }
        catch (PageWorkException e)
        {
            e.Fault.ShouldNotBe(PageWorkFault.None);
            PrefixJudge.ShouldBeRight(output.ToArray(), stream);
            return e.Fault;
        }

        // Damage that a source's own preface would show: nobody asked for page work then, and all passes unread.
        if (!work.AsSpan().StartsWith(WorkPreface.Magic))
            output.ToArray().ShouldBe(work);
        else
            GuestImage.Of(output.ToArray()).ShouldBeLike(GuestImage.Of(stream));
        return PageWorkFault.None;
    }

    private static byte[] Damage(byte[] work, Random random)
    {
        var bytes = new List<byte>(work);
        for (var changes = random.Next(1, 4); changes > 0 && bytes.Count > 100; changes--)
        {
            var at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 600) : bytes.Count);
            var some = Math.Min(random.Next(1, 200), bytes.Count - at);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] ^= (byte)random.Next(1, 256);
                    break;
                case 2:
                    bytes.RemoveRange(at, some);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, some));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    private static PageWorkFault Forged(WorkHead head, byte[] packed, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> raw)
    {
        var link = new Forger();
        link.Frame(head, packed, plain, raw);
        return link.Play();
    }

    /// <summary>Items that a source might write, inside a section of RAM.</summary>
    private static PageWorkFault Lying(byte[] items, byte[] data, bool holds = true)
    {
        var link = new Forger();
        var head = Sample.Write(at =>
        {
            Sample.Begin(at);
            at.RamSection(Fabric.Transport.Pages.SectionKind.Part, 2);
        });
        link.Batch([1, (byte)(head.Length | 0x80), (byte)(head.Length >> 7)], head);
        link.Batch(items, data);
        return link.Play(holds);
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
