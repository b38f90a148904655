using Fabric.Transport.Pages.Work;
using Fabric.Transport.Tests.Pages.Store;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>A page makes nothing on the heap, at the source and at the target, with a store of files too.</summary>
[Collection("alone")]
public class WorkAllocationTests
{
    // Bytes a page, once the tables are made.
    private const double Expected = 0;

    [Theory]
    [InlineData(false, 65_536)]
    [InlineData(true, 65_536)]
    [InlineData(true, 5_000)]
    public void A_page_through_both_sides_allocates_nothing(bool files, int chunk)
    {
        var random = new Random(11);
        var writes = Enumerable.Range(0, 6_000).Select(_ => new GuestWrite(
            random.Next(TinyGuest.Pages), random.Next(TinyGuest.Kinds), random.Next(50))).ToArray();
        var stream = TinyGuest.Stream(writes);
        var least = double.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            using var rig = files ? new StoreRig() : null;
            using var pair = new WorkPair(
                holder: rig is null ? new MemoryHolder() : rig.Stores.For(StoreRig.Vm, "m-1/1"), toQemu: new Nowhere());
            var half = stream.Length / 2;
            Feed(pair, stream.AsSpan(0, half), chunk);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Feed(pair, stream.AsSpan(half, half - 50_000), chunk);
            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / 2_900.0);
            pair.Encoder.Counts.Delta.ShouldBeGreaterThan(300);
            pair.Encoder.Counts.Reference.ShouldBeGreaterThan(300);
        }

        least.ShouldBe(Expected);
    }

    [Fact]
    public void A_page_that_is_found_in_the_boot_files_allocates_nothing()
    {
        using var guest = new BootGuest();
        var stream = guest.Stream(2_048);
        var least = double.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            using var pair = new WorkPair(
                holder: new MemoryHolder(), toQemu: new Nowhere(), sourceFiles: [guest.File],
                targetFiles: [guest.File]);
            var half = stream.Length / 2;
            Feed(pair, stream.AsSpan(0, half), 65_536);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Feed(pair, stream.AsSpan(half, half - 10_000), 65_536);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            pair.Encoder.Counts.BytesOut.ShouldBeLessThan(stream.Length / 20);
        }

        least.ShouldBe(Expected);
    }

    private static void Feed(WorkPair pair, ReadOnlySpan<byte> bytes, int chunk)
    {
        while (!bytes.IsEmpty)
        {
            var taken = Math.Min(chunk, bytes.Length);
            pair.Encoder.Write(bytes[..taken]);
            bytes = bytes[taken..];
        }

        pair.Encoder.Flush();
    }

    private sealed class Nowhere : IByteSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
