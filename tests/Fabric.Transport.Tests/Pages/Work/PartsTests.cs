using Fabric.Protocol;
using Fabric.Transport.Pages;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>The parts of page work by themselves.</summary>
public class PartsTests
{
    [Theory]
    [InlineData(0, 0, 100_000, 0)] // nothing to gain: LZ4 would take as long as the link
    [InlineData(0, 0, 100_000_000, 1)] // the link takes 20 times what LZ4 would
    [InlineData(2, 10, 100, 3)]
    [InlineData(2, 30, 100, 2)] // the next step would take 60: more than half
    [InlineData(2, 101, 100, 1)]
    [InlineData(6, 1, 100, 6)] // the last step
    [InlineData(0, 5, 0, 0)]
    [InlineData(4, 900, 100, 2)] // next to nothing is waited for
    [InlineData(1, 900, 100, 0)]
    public void The_level_goes_up_while_the_link_is_the_slower_one(int level, long packing, long waiting, int next) =>
        LevelRule.Next(level, 6, packing, waiting, packing + waiting).ShouldBe(next);

    [Fact]
    public void The_level_stays_where_reading_takes_most_of_the_time() =>
        LevelRule.Next(4, 6, packing: 100, waiting: 0, all: 500).ShouldBe(4);

    [Fact]
    public void The_level_settles_where_packing_takes_less_than_the_link()
    {
        // A link of 12.5 MB/s, pages that pack to a third at any level, and the ladder's own speeds.
        var rule = new LevelRule(CompressionLevels.First, 6);
        for (var i = 0; i < 500; i++)
            Note(262_144 / 3 * 80L);
        rule.Level.ShouldBe(4);

        // The link gets ten times as fast.
        for (var i = 0; i < 500; i++)
            Note(262_144 / 3 * 8L);
        rule.Level.ShouldBe(2);

        void Note(long waiting)
        {
            var packing = (long)(CompressionLevels.Steps[rule.Level].Nanoseconds * 262_144);
            rule.Note(packing, waiting, packing + waiting);
        }
    }

    [Fact]
    public void A_hash_is_never_one_of_the_two_marks()
    {
        PageHash.Of(0, 0).IsMissing.ShouldBeFalse();
        PageHash.Of(1, 0).IsZero.ShouldBeFalse();
        var one = new PageHasher(new byte[32]);
        one.Hash(Sample.Page(1)).ShouldBe(one.Hash(Sample.Page(1)));
        one.Hash(Sample.Page(1)).ShouldNotBe(one.Hash(Sample.Page(2)));
        new PageHasher(PageHasher.NewKey()).Hash(Sample.Page(1)).ShouldNotBe(one.Hash(Sample.Page(1)));
    }

    [Fact]
    public void A_hash_has_its_golden_value()
    {
        // A store outlives the program that wrote it.
        var key = new byte[32];
        for (var i = 0; i < key.Length; i++)
            key[i] = (byte)i;
        var hash = new PageHasher(key).Hash(Sample.Page(7));
        $"{hash.High:x16}{hash.Low:x16}".ShouldBe("eae1bf68074725a38dfdeb413e666f46");
    }

    [Fact]
    public void A_cache_keeps_what_comes_again_and_lets_go_what_does_not()
    {
        using var cache = new DeltaCache(100, 4 * 4096);
        for (var page = 0; page < 10; page++)
            cache.Put(page, Sample.Page((byte)page), cameAgain: false);
        cache.Held.ShouldBe(4);
        cache.Find(9).IsEmpty.ShouldBeTrue();
        cache.Put(3, Sample.Page(33), cameAgain: true);
        cache.Put(50, Sample.Page(50), cameAgain: true);
        cache.Find(50)[0].ShouldBe((byte)50);
        cache.Find(3)[0].ShouldBe((byte)33);
        cache.Held.ShouldBe(4);
        cache.Find(0).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_patch_makes_the_newer_page_of_the_older_one()
    {
        var random = new Random(3);
        var into = new byte[4096 + 16];
        for (var i = 0; i < 2_000; i++)
        {
            var older = new byte[4096];
            random.NextBytes(older);
            var newer = older.ToArray();
            for (var changes = random.Next(200); changes > 0; changes--)
                newer[random.Next(4096)] ^= (byte)random.Next(256);
            var length = PagePatch.Make(older, newer, into);
            length.ShouldBeInRange(0, 4095);
            PagePatch.TryApply(into.AsSpan(0, length), older).ShouldBeTrue();
            older.ShouldBe(newer);
        }

        PagePatch.Make(Sample.Page(1), Sample.Page(1), into).ShouldBe(0);
        PagePatch.Make(Sample.Page(1), Sample.Page(2), into).ShouldBe(-1);
    }

    [Fact]
    public void Text_that_was_written_anew_is_not_sent_as_what_changed()
    {
        using var size = new DeltaSize();
        var (older, newer) = (Text(1), Text(2));
        var patch = new byte[4096 + 16];
        var length = PagePatch.Make(older, newer, patch);
        if (length > 0)
            size.IsSmaller(patch.AsSpan(0, length), newer).ShouldBe(length < 1_000);
        size.IsSmaller(patch.AsSpan(0, 60), newer).ShouldBeTrue();

        static byte[] Text(int seed)
        {
            var random = new Random(seed);
            string[] words = ["migration ", "page ", "stream ", "target ", "source ", "the "];
            var text = string.Concat(Enumerable.Range(0, 1_500).Select(_ => words[random.Next(words.Length)]));
            return System.Text.Encoding.ASCII.GetBytes(text[..4096]);
        }
    }

    [Fact]
    public void Noise_looks_random_and_a_program_does_not()
    {
        var noise = new byte[4096];
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            random.NextBytes(noise);
            PageSample.LooksRandom(noise).ShouldBeTrue();
        }

        var program = File.ReadAllBytes(typeof(PageSample).Assembly.Location);
        var looks = 0;
        for (var at = 0; at + 4096 <= program.Length; at += 4096)
            looks += PageSample.LooksRandom(program.AsSpan(at, 4096)) ? 1 : 0;
        looks.ShouldBeLessThan(program.Length / 4096 / 10);
    }

    [Fact]
    public void An_index_finds_a_page_by_its_content_and_only_while_it_has_it()
    {
        var table = new PageHash[1_000];
        var index = new ContentIndex(table);
        var random = new Random(4);
        for (var page = 0; page < table.Length; page++)
        {
            table[page] = PageHash.Of((ulong)random.NextInt64(), (ulong)random.NextInt64());
            index.Add(table[page], page);
        }

        var found = 0;
        for (var page = 0; page < table.Length; page++)
            found += index.Find(table[page]) == page ? 1 : 0;
        found.ShouldBeGreaterThan(930);
        var old = table[7];
        table[7] = PageHash.Of(1, 2);
        index.Find(old).ShouldBe(-1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void A_manifest_arrives_as_it_was_however_it_is_cut(int chunk)
    {
        var random = new Random(9);
        var table = new PageHash[20_000];
        for (var i = 0; i < table.Length;)
        {
            var run = random.Next(1, 3_000);
            var kind = random.Next(3);
            for (; run > 0 && i < table.Length; run--, i++)
            {
                table[i] = kind switch
                {
                    0 => PageHash.Missing,
                    1 => PageHash.Zero,
                    _ => PageHash.Of((ulong)random.NextInt64(), (ulong)random.NextInt64()),
                };
            }
        }

        var bytes = Answer(table);
        var reader = new AnswerReader(table.Length);
        var left = 0;
        for (var at = 0; at < bytes.Length; at += chunk)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(at, Math.Min(chunk, bytes.Length - at));
            reader.Read(ref piece);
            left += piece.Length;
        }

        reader.IsComplete.ShouldBeTrue();
        for (var page = 0; page < table.Length; page++)
        {
            reader.Table[page].IsShort.ShouldBe(!table[page].IsMissing && !table[page].IsZero);
            reader.Table[page].Matches(table[page]).ShouldBeTrue();
        }

        left.ShouldBe(3);

        // Where the source asked for no more, whole ones.
        ReadOnlySpan<byte> first = Answer(table, version: 1);
        reader = new AnswerReader(table.Length);
        reader.Read(ref first);
        reader.Table.ShouldBe(table);
    }

    [Fact]
    public void A_manifest_has_six_bytes_for_a_page_and_its_golden_bytes()
    {
        var table = new PageHash[40_000];
        for (var i = 0; i < table.Length; i++)
            table[i] = PageHash.Of((ulong)i, 7);
        var all = Answer(table).Length - 3 - TargetAnswer.Size;
        ((double)all / table.Length).ShouldBeInRange(6, 6.01);

        PageHash[] few = [PageHash.Missing, PageHash.Zero, new(0x0807_0605_0403_0201, 0x1817_1615_1413_1211), new(5, 6)];
        Manifest(few, version: 1).ShouldBe(
            "26000000" + "0001" + "0101" + "0202" + "0102030405060708" + "1112131415161718" + "0500000000000000"
            + "0600000000000000" + "|" + "00000000" + "|");
        Manifest(few, version: 2).ShouldBe(
            "12000000" + "0001" + "0101" + "0302" + "010203040506" + "050000000000" + "|" + "00000000" + "|");

        // Checks, which are of a key drawn by chance, are left out.
        static string Manifest(PageHash[] table, byte version)
        {
            var text = "";
            for (ReadOnlySpan<byte> left = Answer(table, version).AsSpan(TargetAnswer.Size..^3); !left.IsEmpty;)
            {
                var length = 4 + BitConverter.ToInt32(left);
                text += Convert.ToHexStringLower(left[..length]) + "|";
                left = left[(length + 8)..];
            }

            return text;
        }
    }

    [Fact]
    public void A_short_hash_is_of_one_page_and_no_real_hash_looks_like_one()
    {
        var whole = PageHash.Of(0x1122_3344_5566_7788, 9);
        var known = PageHash.Short(0x1122_3344_5566_7788);
        known.Matches(whole).ShouldBeTrue();
        known.Matches(PageHash.Of(0x9922_3344_5566_7788, 1)).ShouldBeTrue("48 bits are known");
        for (var bit = 0; bit < 48; bit++)
            known.Matches(PageHash.Of(0x1122_3344_5566_7788 ^ (1UL << bit), 9)).ShouldBeFalse();
        (known.IsMissing, known.IsZero, PageHash.Short(0).IsMissing, PageHash.Short(1).IsZero).ShouldBe(default);
        PageHash.Of(5, ulong.MaxValue).IsShort.ShouldBeFalse();
        PageHash.Missing.Matches(whole).ShouldBeFalse();
        PageHash.Zero.Matches(PageHash.Zero).ShouldBeTrue();
    }

    [Fact]
    public void A_manifest_that_was_damaged_or_lies_is_refused()
    {
        var table = new PageHash[500];
        table.AsSpan(100, 50).Fill(PageHash.Zero);
        table.AsSpan(200, 50).Fill(PageHash.Of(3, 4));
        var bytes = Answer(table)[..^3];
        for (var seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            var damaged = bytes.ToArray();
            damaged[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            var reader = new AnswerReader(table.Length);
            try
            {
                ReadOnlySpan<byte> all = damaged;
                reader.Read(ref all);
                reader.IsComplete.ShouldBeFalse($"seed {seed}");
            }
            catch (PageWorkException e)
            {
                e.Fault.ShouldBeOneOf(PageWorkFault.Answer, PageWorkFault.Version);
            }
        }

        ReadOnlySpan<byte> other = bytes;
        Should.Throw<PageWorkException>(() =>
        {
            ReadOnlySpan<byte> again = bytes;
            new AnswerReader(499).Read(ref again);
        }).Fault.ShouldBe(PageWorkFault.Answer);
        other.Length.ShouldBe(bytes.Length);
    }

    [Fact]
    public void Heads_and_prefaces_have_their_golden_bytes()
    {
        var head = new byte[WorkHead.Size];
        new WorkHead(WorkFrame.Batch, BatchCodec.Zstd, 0x01020304, 5, 6, 4, 4096, 0x1122334455667788).Write(head);
        Convert.ToHexStringLower(head).ShouldBe(
            "01030000" + "04030201" + "05000000" + "06000000" + "04000000" + "00100000" + "8877665544332211");
        WorkHead.Read(head, 0x01020304).Check.ShouldBe(0x1122334455667788UL);
        new WorkHead(WorkFrame.Batch, BatchCodec.ZstdWindows, 1, 2, 9, 8, 0, 0).Write(head);
        Convert.ToHexStringLower(head).ShouldBe(
            "01050000" + "01000000" + "02000000" + "09000000" + "08000000" + "00000000" + "0000000000000000");
        var preface = new byte[WorkPreface.Size];
        WorkPreface.Write(preface, 14, new byte[32]);
        Convert.ToHexStringLower(preface).ShouldBe("46505731" + "01020e00" + new string('0', 96));
        WorkPreface.Read(preface).Version.ShouldBe((byte)2);
        preface[5] = 1;
        WorkPreface.Read(preface).Version.ShouldBe((byte)1, "of a source that was released before");
        preface[5] = 9;
        WorkPreface.Read(preface).Version.ShouldBe((byte)2);
        preface[4] = 3;
        Should.Throw<PageWorkException>(() => WorkPreface.Read(preface)).Fault.ShouldBe(PageWorkFault.Version);
    }

    [Fact]
    public void Pages_are_numbered_block_behind_block_up_to_a_bound()
    {
        var map = RamMap.TryOf([Sample.Main, Sample.Rom]).ShouldNotBeNull();
        map.Pages.ShouldBe(18);
        for (var page = 0; page < 18; page++)
        {
            var (block, offset) = map.At(page);
            map.NumberOf(block, offset).ShouldBe(page);
            block.ShouldBeSameAs(page < 16 ? Sample.Main : Sample.Rom);
        }

        RamMap.TryOf([new RamBlock("a", Limits.PageWork.MemoryBytesMax), new RamBlock("b", 4096, 1)]).ShouldBeNull();
    }

    private static byte[] Answer(PageHash[] table, byte version = WorkPreface.Version)
    {
        var hasher = new PageHasher(PageHasher.NewKey());
        var sink = new Collector();
        var head = new byte[TargetAnswer.Size];
        new TargetAnswer(version, TargetMode.Holds, 14, hasher.Key.ToArray(), table.Length).Write(head);
        sink.Write(head);
        ManifestWriter.Write(table, hasher, sink, isShort: version > 1);
        return [.. sink.ToArray(), 1, 2, 3];
    }
}
