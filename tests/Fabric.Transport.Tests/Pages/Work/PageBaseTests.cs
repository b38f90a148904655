using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>Boot files that both hosts have.</summary>
public sealed class PageBaseTests : IDisposable
{
    private readonly BootGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [Fact]
    public void A_guest_that_was_booted_from_files_that_both_have_takes_few_bytes()
    {
        var without = Wire(null, null);
        Wire([_guest.File], null).ShouldBeInRange(without, without + 100);
        Wire([_guest.File], [_guest.Other()]).ShouldBeInRange(without, without + 100);
        Wire([_guest.File], [_guest.File]).ShouldBeLessThan(without / 20);
    }

    [Fact]
    public void Files_that_are_missing_too_small_or_too_large_are_no_base()
    {
        File.WriteAllBytes(_guest.At("small"), new byte[Limits.PageWork.BaseBytesMin - 1]);
        PageBase.TryLoad([_guest.At("small")], withIndex: true).ShouldBeNull();
        PageBase.TryLoad([], withIndex: true).ShouldBeNull();
        PageBase.TryLoad([_guest.File, _guest.At("none")], withIndex: true).ShouldBeNull();
        using (var file = File.Create(_guest.At("large")))
            file.SetLength(Limits.PageWork.BaseBytesMax + 1L);
        PageBase.TryLoad([_guest.At("large")], withIndex: true).ShouldBeNull();
    }

    [Fact]
    public void Files_are_read_end_to_end()
    {
        File.WriteAllBytes(_guest.At("more"), [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)]);
        using var content = PageBase.TryLoad([_guest.File, _guest.At("more")], withIndex: true).ShouldNotBeNull();
        var into = new byte[50];
        content.TryRead(_guest.Kernel.Length - 10, into).ShouldBeTrue();
        into[..10].ShouldBe(_guest.Kernel[^10..].ToArray());
        into[10..].ShouldBe([.. Enumerable.Range(0, 40).Select(i => (byte)i)]);
        content.TryRead(content.Length - 49, into).ShouldBeFalse();
        content.Digest.ShouldNotBe(PageBase.TryLoad([_guest.File], withIndex: false)!.Digest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4_096)]
    [InlineData(777_777)]
    [InlineData((2 << 20) - 4_096)]
    public void A_page_of_the_files_is_found_wherever_in_them_it_lies_and_though_parts_of_it_were_patched(int place)
    {
        using var content = PageBase.TryLoad([_guest.File], withIndex: true).ShouldNotBeNull();
        var windows = new BaseWindows();
        var page = _guest.Kernel.Slice(place, 4_096).ToArray();
        for (var i = 100; i < page.Length; i += 500)
            page[i]++;
        new WindowFinder(content, windows).Look(page);
        windows.Count.ShouldBe(1);
        windows.Bytes.ToArray().ShouldBe(_guest.Kernel.Slice(place, 4_096).ToArray());
        windows.Clear();
        new WindowFinder(content, windows).Look(Sample.Page(3));
        windows.Count.ShouldBe(0);
    }

    [Fact]
    public void Parts_that_follow_each_other_are_one_and_their_places_have_golden_bytes()
    {
        using var content = PageBase.TryLoad([_guest.File], withIndex: true).ShouldNotBeNull();
        var windows = new BaseWindows();
        foreach (var (from, to) in new[] { (4_096, 8_192), (8_000, 12_096), (64, 164) })
        {
            windows.Try(content, from, to).Length.ShouldBe(to - from);
            windows.Take(from, to);
        }

        windows.Bytes.ToArray().ShouldBe([.. _guest.Kernel[4_096..12_096], .. _guest.Kernel[64..164]]);
        var wire = new byte[100];
        var length = windows.Write(wire);
        Convert.ToHexStringLower(wire.AsSpan(0, length)).ShouldBe("02" + "8040" + "c03e" + "ffbb01" + "64");
        var read = new BaseWindows();
        ReadOnlySpan<byte> from2 = wire.AsSpan(0, length + 3);
        read.TryRead(ref from2, content).ShouldBeTrue();
        from2.Length.ShouldBe(3);
        read.Bytes.ToArray().ShouldBe(windows.Bytes.ToArray());
        windows.Write(wire.AsSpan(0, 10)).ShouldBe(0);
    }

    [Theory]
    [InlineData("ff")] // cut
    [InlineData("0100")] // cut
    [InlineData("010000")] // nothing
    [InlineData("010110")] // before the first byte
    [InlineData("010081808002")] // longer than all of them may be together
    [InlineData("018080800210")] // behind the last byte
    [InlineData("81808004")] // too many
    public void Places_that_cannot_be_are_refused(string places)
    {
        using var content = PageBase.TryLoad([_guest.File], withIndex: false).ShouldNotBeNull();
        ReadOnlySpan<byte> packed = Convert.FromHexString(places);
        new BaseWindows().TryRead(ref packed, content).ShouldBeFalse();
    }

    [Fact]
    public void A_batch_that_does_not_pack_does_not_spoil_the_next()
    {
        using var context = new ZstdContext();
        using var codec = new ZstdWindowsCodec(
            context, PageBase.TryLoad([_guest.File], withIndex: false).ShouldNotBeNull());
        Window();
        var noise = new byte[4_096];
        new Random(1).NextBytes(noise);
        var into = new byte[8_192];
        codec.Pack(noise, into.AsSpan(0, 4_095), 5).ShouldBe(0);
        Window();
        var length = codec.Pack(_guest.Kernel[..4_096], into.AsSpan(0, 4_095), 5);
        length.ShouldBeInRange(1, 100);
        var plain = new byte[4_096];
        codec.Unpack(into.AsSpan(0, length), plain).ShouldBe(4_096);
        plain.ShouldBe(_guest.Kernel[..4_096].ToArray());

        void Window()
        {
            codec.Windows.Clear();
            codec.Windows.Try(PageBase.TryLoad([_guest.File], withIndex: false)!, 0, 4_096);
            codec.Windows.Take(0, 4_096);
        }
    }

    [Fact]
    public void A_batch_with_parts_that_lies_about_them_is_refused_by_name()
    {
        using var zstd = new ZstdContext();
        var packed = new byte[100_000];
        byte[] first = [1, 0, 0x80, 0x20]; // the files' first page
        var right = zstd.Pack(_guest.Kernel[..4_096], packed, 5, _guest.Kernel[..4_096]);
        byte[] frame = [.. packed[..right]];
        Forged([.. first, .. frame], 4_096).ShouldBe(PageWorkFault.Check); // of other bytes than the check's
        Forged([1, 0x80, 0x40, 0x80, 0x20, .. frame], 4_096).ShouldBeOneOf(PageWorkFault.Check, PageWorkFault.Unpack);
        Forged([0, .. frame], 4_096).ShouldBeOneOf(PageWorkFault.Check, PageWorkFault.Unpack); // names none
        Forged([.. first, 1, 2, 3, 4], 4_096).ShouldBe(PageWorkFault.Unpack);
        Forged([1, 0, 0x81, 0x80, 0x80, 2, .. frame], 4_096).ShouldBe(PageWorkFault.Unpack); // larger than agreed
        var bomb = zstd.Pack(new byte[64 << 20], packed, 1, _guest.Kernel[..4_096]);
        Forged([.. first, .. packed[..bomb]], Limits.PageWork.PlainBytesMax).ShouldBe(PageWorkFault.Unpack);

        // Nobody agreed on files, or it is the way of packing that was given up.
        Forged([.. first, .. frame], 4_096, files: false).ShouldBe(PageWorkFault.Codec);
        Forged([.. first, .. frame], 4_096, (BatchCodec)4).ShouldBe(PageWorkFault.Codec);
    }

    [Fact]
    public void Damage_to_batches_with_parts_gives_right_pages_and_a_named_fault()
    {
        var stream = _guest.Stream();
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var left = random.Next(WorkPreface.Size, 3_000);
            using var pair = new WorkPair(
                holder: new MemoryHolder(), sourceFiles: [_guest.File], targetFiles: [_guest.File],
                damage: bytes =>
                {
                    if (left >= 0 && left < bytes.Length)
                        bytes[left] ^= (byte)(1 << random.Next(8));
                    left -= bytes.Length;
                    return bytes;
                });
            try
            {
                GuestImage.Of(pair.Run(stream, 30_000)).ShouldBeLike(GuestImage.Of(stream));
            }
            catch (PageWorkException e)
            {
                e.Fault.ShouldNotBe(PageWorkFault.None);
                PrefixJudge.ShouldBeRight(pair.Output, stream);
            }
        }
    }

    [Fact]
    public void A_file_that_becomes_shorter_under_the_target_is_a_fault_and_no_wrong_page()
    {
        var stream = _guest.Stream();
        File.Copy(_guest.File, _guest.At("copy"));
        using var pair = new WorkPair(
            holder: new MemoryHolder(), sourceFiles: [_guest.File], targetFiles: [_guest.At("copy")]);
        pair.Encoder.Write(stream.AsSpan(0, 100_000));
        File.WriteAllBytes(_guest.At("copy"), new byte[1_000]);
        Should.Throw<PageWorkException>(() =>
        {
            pair.Encoder.Write(stream.AsSpan(100_000));
            pair.Encoder.Complete();
        }).Fault.ShouldBe(PageWorkFault.Unpack);
        PrefixJudge.ShouldBeRight(pair.Output, stream);
    }

    private PageWorkFault Forged(
        byte[] packed, int plain, BatchCodec codec = BatchCodec.ZstdWindows, bool files = true)
    {
        var link = new Forger(files ? _guest.File : null);
        link.Frame(new(WorkFrame.Batch, codec, 0, 1, plain, packed.Length, 0, 0), packed, default, default);
        return link.Play();
    }

    private long Wire(string[]? source, string[]? target)
    {
        var stream = _guest.Stream();
        using var pair = new WorkPair(
            new PageWorkOptions { Level = 4 }, holder: new MemoryHolder(), sourceFiles: source, targetFiles: target);
        GuestImage.Of(pair.Run(stream, 30_000)).ShouldBeLike(GuestImage.Of(stream));
        return pair.Wire;
    }
}
