using Fabric.Transport.Pages;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Relay;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>
/// A target's QEMU dies under any byte, as often as it likes, and the next one goes on: it has the guest that a whole
/// move would have given it, or it is refused by name.
/// </summary>
public class RefillTests
{
    // Page kinds that a hypervisor sends; one filled with another byte than zero is none of them.
    private static readonly Gen<GuestWrite> Write =
        from page in Gen.Choose(0, TinyGuest.Pages - 1)
        from kind in Gen.Elements(0, 2, 3, 4, 5, 6, 7)
        from seed in Gen.Choose(0, 60)
        select new GuestWrite(page, kind, seed);

    private static readonly Arbitrary<GuestWrite[]> Writes =
        Arb.From(from count in Gen.Choose(1, 250) from writes in Write.ArrayOf(count) select writes);

    private static readonly Arbitrary<int> Seeds = Arb.From(Gen.Choose(0, 1 << 20));

    [Fact]
    public void The_next_QEMU_has_the_same_guest_wherever_the_last_one_died() => Prop.ForAll(Writes, Seeds, (writes, seed) =>
    {
        var random = new Random(seed);
        var stream = TinyGuest.Stream(writes, random.Next(1, 60));
        var holder = new MemoryHolder();
        if (random.Next(3) == 0)
        {
            // Something is held of an earlier attempt, other versions among it.
            using var earlier = new WorkPair(holder: holder);
            earlier.Run(TinyGuest.Stream([.. writes.Take(random.Next(1, writes.Length + 1))]));
        }

        var qemu = new MortalQemu();
        using var pair = new WorkPair(holder: holder, toQemu: qemu);
        qemu.Decoder = pair.Decoder;
        qemu.DiesAt = () => random.Next(stream.Length / 2 + 2);
        qemu.Lives = random.Next(2, 5);
        try
        {
            pair.Run(stream, random: random);
            GuestImage.Of(qemu.Given).ShouldHoldWhat(GuestImage.Of(stream));
        }
        catch (DiedException e)
        {
            // Under its last bytes: the guest stands still by then.
            e.Why.ShouldBeOneOf(RefillRefusal.LastCopy, RefillRefusal.Unread);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_QEMU_that_dies_at_every_byte_is_followed_by_a_right_one_until_the_last_copy()
    {
        var random = new Random(11);
        var writes = Enumerable.Range(0, 12)
            .Select(i => new GuestWrite(random.Next(TinyGuest.Pages), i % 3 == 0 ? 0 : 4 + (i % 3), i)).ToArray();
        var stream = TinyGuest.Stream(writes, 5);
        var expected = GuestImage.Of(stream);
        using var whole = new WorkPair(holder: new MemoryHolder());
        var lastSection = LastSectionOf(whole.Run(stream));
        var refilled = 0;
        for (var at = 0; at < whole.Output.Length; at += at < 300 ? 1 : 37)
        {
            // In pieces of one to nine bytes: constructs are cut everywhere, and every piece is given by itself.
            var qemu = new MortalQemu { Lives = 2, DiesAt = () => at };
            using var pair = new WorkPair(holder: new MemoryHolder(), toQemu: qemu);
            qemu.Decoder = pair.Decoder;
            try
            {
                for (int from = 0, size; from < stream.Length; from += size)
                {
                    size = Math.Min(random.Next(1, from is < 400 or > 40_000 ? 10 : 2_000), stream.Length - from);
                    pair.Encoder.Write(stream.AsSpan(from, size));
                    pair.Encoder.Flush();
                }

                pair.Encoder.Complete();
            }
            catch (DiedException e)
            {
                e.Why.ShouldBeOneOf(RefillRefusal.LastCopy, RefillRefusal.Unread);
                // In smaller batches a page more may be left out.
                at.ShouldBeGreaterThan(lastSection - 5_000);
                continue;
            }

            GuestImage.Of(qemu.Given).ShouldHoldWhat(expected);
            refilled++;
        }

        refilled.ShouldBeGreaterThan(400);
    }

    [Fact]
    public void Without_a_store_a_QEMU_is_followed_until_its_first_page_and_not_after()
    {
        var stream = TinyGuest.Stream([new(1, 2, 5), new(2, 2, 6)]);
        using var pair = new WorkPair();
        pair.Decoder.WhyNotRefill.ShouldBe(RefillRefusal.None);
        pair.Encoder.Write(stream.AsSpan(0, 150));
        pair.Encoder.Flush();
        var fresh = new Collector();
        pair.Decoder.Refill(fresh).ShouldBe(RefillRefusal.None);
        fresh.ToArray().ShouldBe(pair.Output);
        pair.Encoder.Write(stream.AsSpan(150, 6_000));
        pair.Encoder.Flush();
        pair.Decoder.WhyNotRefill.ShouldBe(RefillRefusal.NotHeld);
        pair.Decoder.Refill(new Collector()).ShouldBe(RefillRefusal.NotHeld);
    }

    [Fact]
    public void A_page_that_no_store_holds_refuses_and_nothing_is_written()
    {
        // Filled with another byte than zero: no hypervisor sends that, and the store does not keep it.
        var stream = TinyGuest.Stream([new(1, 2, 5), new(2, 1, 7)]);
        using var pair = new WorkPair(holder: new MemoryHolder());
        pair.Encoder.Write(stream.AsSpan(0, LastSectionOf(stream)));
        pair.Encoder.Flush();
        var fresh = new Collector();
        pair.Decoder.Refill(fresh).ShouldBe(RefillRefusal.NotHeld);
        fresh.Length.ShouldBe(0);
    }

    [Fact]
    public void A_page_that_was_damaged_in_the_store_ends_a_refill_by_name()
    {
        var holder = new MemoryHolder();
        using var pair = new WorkPair(holder: holder);
        var stream = TinyGuest.Stream([new(1, 2, 5), new(2, 2, 7)]);
        pair.Encoder.Write(stream.AsSpan(0, LastSectionOf(stream)));
        pair.Encoder.Flush();
        holder.Bytes[4096 + 17] ^= 1;
        Should.Throw<PageWorkException>(() => pair.Decoder.Refill(new Collector())).Fault.ShouldBe(PageWorkFault.WrongPage);
    }

    [Fact]
    public void A_command_behind_the_first_page_refuses()
    {
        var stream = Sample.Write(at =>
        {
            Sample.Begin(at);
            at.Ping(1);
            at.RamSection(SectionKind.Part, 2);
            at.Page(Sample.Main, 0x1000, Sample.Page(1));
            at.EndOfRecords();
            at.Footer(2);
        });
        using var pair = new WorkPair(holder: new MemoryHolder());
        pair.Encoder.Write(stream);
        pair.Encoder.Flush();

        // One in the head is given again; behind a page nobody remembers it.
        var fresh = new Collector();
        pair.Decoder.Refill(fresh).ShouldBe(RefillRefusal.None);
        fresh.ToArray().ShouldBe(pair.Output);
        pair.Encoder.Write(Sample.Write(at => at.Ping(2)));
        pair.Encoder.Flush();
        pair.Decoder.Refill(new Collector()).ShouldBe(RefillRefusal.Unread);
    }

    [Fact]
    public void A_stream_that_passes_unread_refuses_once_it_was_given()
    {
        using var pair = new WorkPair(target: PageWorkOptions.Off);
        pair.Encoder.Write(TinyGuest.Stream([new(1, 2, 5)]));
        pair.Decoder.WhyNotRefill.ShouldBe(RefillRefusal.Unread);
    }

    private static int LastSectionOf(byte[] stream) => stream.AsSpan().LastIndexOf((byte[])[3, 0, 0, 0, 2]);

    private sealed class DiedException(RefillRefusal why) : Exception($"refused: {why}")
    {
        public RefillRefusal Why => why;
    }

    /// <summary>Takes bytes until it dies under some of them, and is then another.</summary>
    private sealed class MortalQemu : IByteSink
    {
        private Collector _now = new();
        private int _left = -1;

        public PageDecoder? Decoder { get; set; }

        /// <summary>How many bytes the next one takes.</summary>
        public Func<int> DiesAt { get; set; } = () => int.MaxValue;

        public int Lives { get; set; }

        public byte[] Given => _now.ToArray();

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (_left < 0)
                _left = DiesAt();
            if (Lives <= 1 || bytes.Length <= _left)
            {
                _left -= Lives <= 1 ? 0 : bytes.Length;
                _now.Write(bytes);
                return;
            }

            Lives--;
            var fresh = new Collector();
            var why = Decoder!.Refill(fresh);
            if (why != RefillRefusal.None)
                throw new DiedException(why);
            _now = fresh;
            _left = -1;
        }
    }
}
