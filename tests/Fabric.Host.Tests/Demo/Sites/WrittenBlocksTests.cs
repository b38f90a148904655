using System.Runtime.InteropServices;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults.Guest;

namespace Fabric.Host.Tests.Demo.Sites;

/// <summary>Images as the guest's writer leaves them: four places, so that block 5 lies where block 1 was.</summary>
public sealed class WrittenBlocksTests
{
    private const int Places = 4;
    private const int Size = WrittenBlocks.BlockBytes;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(4, 4)]
    [InlineData(9, 9)]
    [InlineData(9, 7)]
    [InlineData(9, 11)]
    public void Image_that_holds_all_that_was_acknowledged_is_whole(int written, int acknowledged)
    {
        var found = Read(Image(written), Math.Min(written, acknowledged));
        found.Lost.ShouldBe(0);
        found.Newest.ShouldBe(written);
        found.IsWhole.ShouldBeTrue();
    }

    [Fact]
    public void Block_of_the_round_before_is_a_loss_when_the_later_one_was_acknowledged()
    {
        var image = Image(9);
        Block(5).CopyTo(image.AsSpan(0));
        Read(image, 9).Lost.ShouldBe(1);
        // Not told that it is on disk: then it may be missing.
        Read(image, 8).Lost.ShouldBe(0);
    }

    [Fact]
    public void Torn_missing_and_misplaced_blocks_are_losses()
    {
        var torn = Image(8);
        Block(4).AsSpan(Size / 2).CopyTo(torn.AsSpan((3 * Size) + (Size / 2)));
        Read(torn, 8).Lost.ShouldBe(1);
        var missing = Image(8);
        missing.AsSpan(2 * Size, Size).Clear();
        Read(missing, 8).Lost.ShouldBe(1);
        var misplaced = Image(8);
        Block(8).CopyTo(misplaced.AsSpan(0));
        Read(misplaced, 8).Lost.ShouldBe(1);
        Read(Image(3), 5).IsWhole.ShouldBeFalse();
    }

    [Fact]
    public void Block_of_another_run_counts_as_none() =>
        WrittenBlocks.Read(new MemoryStream(Image(4)), Places, 4, run: 2).Lost.ShouldBe(4);

    [Fact]
    public void Disks_that_differ_only_in_later_blocks_were_equal_before() =>
        WereEqual(Image(9), Image(12)).ShouldBeTrue();

    [Fact]
    public void Disks_that_are_the_same_were_equal() => WereEqual(Image(9), Image(9)).ShouldBeTrue();

    [Fact]
    public void Disk_that_lacks_a_block_of_before_was_not_equal()
    {
        var after = Image(12);
        Block(5).CopyTo(after.AsSpan(0)); // as in the image before last
        WereEqual(Image(9), after).ShouldBeFalse();
    }

    [Fact]
    public void Difference_beside_the_writers_blocks_was_there_before()
    {
        var after = Image(12);
        after[^1] ^= 1;
        WereEqual(Image(9), after).ShouldBeFalse();
    }

    [Fact]
    public void Disks_of_two_sizes_were_not_equal() => WereEqual(Image(9), [.. Image(9), 0]).ShouldBeFalse();

    [Fact]
    public void Acknowledgement_is_read_whole_or_not_at_all()
    {
        DiskAcknowledgement.TryRead("ACK 3856 up=9.533 flush=3.7 bad=1 errors=2\r")
            .ShouldBe(new DiskAcknowledgement(3856, 1, 2));
        DiskAcknowledgement.TryRead("ACK 3856 up=9.533 flu").ShouldBeNull();
        DiskAcknowledgement.TryRead("K 3856 up=9.533 flush=3.7 bad=1 errors=2").ShouldBeNull();
    }

    private static bool WereEqual(byte[] before, byte[] after) =>
        DiskComparison.DiffersOnlyByLaterBlocks(new MemoryStream(before), new MemoryStream(after), Places);

    private static WrittenBlocks Read(byte[] image, int acknowledged) =>
        WrittenBlocks.Read(new MemoryStream(image), Places, acknowledged);

    private static byte[] Image(int written)
    {
        var image = new byte[(Places + 1) * Size];
        image.AsSpan(Places * Size).Fill(7);
        for (var number = 1; number <= written; number++)
            Block(number).CopyTo(image.AsSpan((number - 1) % Places * Size));
        return image;
    }

    private static byte[] Block(int number)
    {
        var block = new byte[Size];
        var words = MemoryMarshal.Cast<byte, ulong>(block.AsSpan());
        (words[0], words[1], words[2]) = (0x3174697257626146, (ulong)number, 1);
        for (var i = 4; i < words.Length; i++)
            words[i] = (ulong)((number * 1_000) + i);
        words[3] = WrittenBlocks.CheckOf(words);
        return block;
    }
}
