using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>A page that is read makes nothing on the heap, whole in a chunk or cut by it.</summary>
[Collection("alone")]
public class StreamAllocationTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(65_536)]
    [InlineData(4_096)]
    [InlineData(7)]
    public void A_page_that_is_read_allocates_nothing(int chunk)
    {
        // RAM only: the list of blocks and the words of why the rest is opaque are made once for each stream. The best
        // of three: what the runtime itself makes on a first call is not the reader's.
        var bytes = Capture.Short("sparse128").AsSpan(0..^124_573);
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var reader = new QemuStreamReader();
            var target = new StrictTarget();
            reader.Feed(bytes[..4_096], target, chunk);
            reader.Blocks.Count.ShouldBe(6);
            var before = target.Pages;
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            reader.Feed(bytes[4_096..], target, chunk);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - allocated);
            (target.Pages - before).ShouldBeGreaterThan(800);
            reader.IsOpaque.ShouldBeFalse(reader.Why);
        }

        least.ShouldBe(0);
    }

    [Fact]
    public void Requests_on_the_return_path_allocate_nothing()
    {
        var bytes = ReturnPathTests.Write(at =>
        {
            for (var i = 0; i < 1_000; i++)
                at.RequestPages(i % 3 == 0 ? Sample.Main : Sample.Rom, 0, 4096);
        });
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var reader = new ReturnPathReader();
            var counter = new Counter();
            reader.Feed(bytes.AsSpan(0, 100), counter, 7);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            reader.Feed(bytes.AsSpan(100), counter, 7);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - allocated);
            counter.Requests.ShouldBe(1_000);
        }

        least.ShouldBe(0);
    }

    private sealed class Counter : IReturnPathVisitor
    {
        public int Requests { get; private set; }

        public void OnShut(uint status) { }

        public void OnPong(uint value) { }

        public void OnRequestPages(ReadOnlySpan<byte> block, ulong start, uint length) => Requests++;

        public void OnRecvBitmap(ReadOnlySpan<byte> block, ReadOnlySpan<byte> bitmap) { }

        public void OnResumeAck() { }

        public void OnSwitchoverAck() { }

        public void OnOpaque(ReadOnlySpan<byte> bytes) { }
    }
}
