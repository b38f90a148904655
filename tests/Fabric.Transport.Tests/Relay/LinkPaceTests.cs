using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Relay;

/// <summary>How far a source may be ahead.</summary>
public class LinkPaceTests
{
    private const int Piece = 64 * 1024;

    [Theory]
    [InlineData(1_000_000, Limits.PageWork.AheadBytesMin)] // a slow link: the least
    [InlineData(12_500_000, 5_000_000)] // 100 Mbit/s: 400 ms of it
    [InlineData(125_000_000, 50_000_000)] // more than the link's window: it never waits here
    public void A_source_is_ahead_by_what_the_link_carries_in_a_moment(int bytesPerSecond, long ahead)
    {
        var time = new ManualTime();
        var link = new Slow(time, bytesPerSecond);
        var pace = new LinkPace(time);
        for (var i = 0; i < 2_000; i++)
        {
            link.Given += Piece;
            pace.Sent(Piece);
            pace.Await(link);
            link.Unacknowledged.ShouldBeLessThanOrEqualTo(pace.Ahead);
        }

        ((double)pace.Ahead).ShouldBeInRange(ahead * 0.9, ahead * 1.1);
    }

    /// <summary>Acknowledges at a rate; who waits lets the clock go on.</summary>
    private sealed class Slow(ManualTime time, int bytesPerSecond) : IDataLink
    {
        private readonly long _began = time.GetTimestamp();

        public long Given { get; set; }

        public long Unacknowledged =>
            Math.Max(0, Given - (long)(time.GetElapsedTime(_began).TotalSeconds * bytesPerSecond));

        public TimeSpan? DownFor => null;

        public TimeSpan StillFor => TimeSpan.Zero;

        public LinkChannel Sends => LinkChannel.Ram;

        public long BytesSent => 0;

        public long BytesReceived => 0;

        public void AwaitAcknowledged(long allBut)
        {
            while (Unacknowledged > Math.Min(allBut, Limits.Link.WindowBytes))
                time.Advance(1);
        }

        public LinkMeasures Measure() => throw new NotSupportedException();

        public void Pace(long bytesPerSecond) => throw new NotSupportedException();

        public void Want(int connections) => throw new NotSupportedException();

        public void Send(LinkBuffer buffer, int length) => throw new NotSupportedException();

        public void Complete() => throw new NotSupportedException();

        public int Receive(Span<byte> into) => throw new NotSupportedException();

        public ValueTask AbortAsync(AbortReason reason) => default;

        public ValueTask DisposeAsync() => default;
    }
}
