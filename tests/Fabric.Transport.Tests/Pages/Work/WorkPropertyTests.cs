using Fabric.Transport.Pages.Work;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>Any writes, any pieces, any damage: the right pages or a named fault, and never a wrong page.</summary>
public class WorkPropertyTests
{
    private static readonly Gen<GuestWrite> Write =
        from page in Gen.Choose(0, TinyGuest.Pages - 1)
        from kind in Gen.Choose(0, TinyGuest.Kinds - 1)
        from seed in Gen.Choose(0, 60)
        select new GuestWrite(page, kind, seed);

    private static readonly Arbitrary<GuestWrite[]> Writes =
        Arb.From(from count in Gen.Choose(1, 250) from writes in Write.ArrayOf(count) select writes);

    private static readonly Arbitrary<int> Seeds = Arb.From(Gen.Choose(0, 1 << 20));

    [Fact]
    public void Any_writes_in_any_pieces_give_the_same_guest() => Prop.ForAll(Writes, Seeds, (writes, seed) =>
    {
        var random = new Random(seed);
        var stream = TinyGuest.Stream(writes, random.Next(1, 60));
        var options = new PageWorkOptions
        {
            Kinds = random.Next(3) == 0 ? (PageKinds)random.Next(1, 32) : PageKinds.All,
            Level = random.Next(CompressionLevels.Count),
            DeltaCacheBytes = random.Next(2) == 0 ? 3 * 4096 : 1 << 20,
        };
        var holder = random.Next(3) == 0 ? null : new MemoryHolder();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var pair = new WorkPair(options, holder: holder);
            GuestImage.Of(pair.Run(stream, random: random)).ShouldBeLike(GuestImage.Of(stream));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_attempt_that_was_cut_anywhere_leaves_pages_that_the_next_one_may_trust() =>
        Prop.ForAll(Writes, Seeds, (writes, seed) =>
        {
            var random = new Random(seed);
            var holder = new MemoryHolder();
            for (var attempt = 0; attempt < 3; attempt++)
            {
                // The guest goes on: the next attempt has other pages, some of them old ones.
                var stream = TinyGuest.Stream([.. writes, .. writes.Take(random.Next(writes.Length))]);
                using var pair = new WorkPair(holder: holder);
                pair.Encoder.Write(stream.AsSpan(0, random.Next(stream.Length)));
                if (random.Next(2) == 0)
                    pair.Encoder.Flush();
                random.Shuffle(writes);
            }

            var last = TinyGuest.Stream(writes);
            using var whole = new WorkPair(holder: holder);
            GuestImage.Of(whole.Run(last)).ShouldBeLike(GuestImage.Of(last));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_store_with_any_flipped_bit_gives_the_right_pages_or_a_named_fault() =>
        Prop.ForAll(Writes, Seeds, (writes, seed) =>
        {
            var random = new Random(seed);
            var stream = TinyGuest.Stream(writes);
            var holder = new MemoryHolder();
            using (var first = new WorkPair(holder: holder))
                first.Run(stream);
            for (var flips = random.Next(1, 40); flips > 0; flips--)
                holder.Bytes[random.Next(holder.Bytes.Length)] ^= (byte)(1 << random.Next(8));
            using var pair = new WorkPair(holder: holder);
            try
            {
                GuestImage.Of(pair.Run(stream)).ShouldBeLike(GuestImage.Of(stream));
            }
            catch (PageWorkException e)
            {
                e.Fault.ShouldBeOneOf(PageWorkFault.WrongPage, PageWorkFault.NotHeld);
                PrefixJudge.ShouldBeRight(pair.Output, stream);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_page_with_the_content_of_another_follows_it_when_both_change() =>
        Prop.ForAll(Seeds, seed =>
        {
            var random = new Random(seed);
            var writes = Enumerable.Range(0, 200).Select(_ => new GuestWrite(random.Next(6), random.Next(3) switch
            {
                0 => 4,
                1 => 5,
                _ => 3,
            }, random.Next(6))).ToArray();
            var stream = TinyGuest.Stream(writes);
            using var pair = new WorkPair(holder: new MemoryHolder());
            GuestImage.Of(pair.Run(stream)).ShouldBeLike(GuestImage.Of(stream));
            pair.Encoder.Counts.Reference.ShouldBeGreaterThan(0);
        }).QuickCheckThrowOnFailure();
}
