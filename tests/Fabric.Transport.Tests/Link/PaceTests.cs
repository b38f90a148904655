using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Relay;
using Fabric.Transport.Tests.Pages;
using Fabric.Transport.Tests.Relay;

namespace Fabric.Transport.Tests.Link;

/// <summary>A rate is bytes on the wire by the link's own clock, which moves only while somebody waits for the rate.</summary>
public class PaceTests
{
    private const long Rate = 20_000_000 / 8;
    private const int Frame = 64 * 1024;

    private readonly ManualTime _time = new();
    private long _elapsedMs;

    [Fact]
    public async Task What_crosses_the_wire_is_the_rate_times_the_time_and_no_more_than_a_burst_above()
    {
        var (source, target) = await Streams.LinksAsync(_time);
        await using var near = source;
        await using var far = target;
        source.Pace(Rate);
        var draining = DrainAsync(target);
        await PassWhileHeldAsync(source, SendAsync(source, 100));
        Held(source.BytesSent);
        source.Pace(0);
        await SendAsync(source, 10).Within();
        await EndAsync(source, draining);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_is_held_to_it_on_the_wire_with_page_work_and_without(bool pageWork)
    {
        // Packed, this capture would be less than a burst.
        var options = pageWork ? new PageWorkOptions { Level = 0 } : PageWorkOptions.Off;
        await using var rig = await RelayRig.PlainAsync(_time, new RelayRigWork(options, options));
        var stream = Capture.Short("light128");
        var link = (DataLink)rig.SourceLink;
        link.Pace(Rate);
        await PassWhileHeldAsync(link, MoveAsync(rig, stream));
        Held(link.BytesSent);
        (rig.Source.PageWork.BytesIn > 0).ShouldBe(pageWork);
    }

    [Fact]
    public async Task Lifting_it_lets_a_call_go_that_waits_without_a_tick_of_the_clock()
    {
        var (source, target) = await Streams.LinksAsync(_time);
        await using var near = source;
        await using var far = target;
        source.Pace(Limits.Rate.BytesPerSecondMin);
        var draining = DrainAsync(target);
        var sending = SendAsync(source, 20);
        await HeldBackAsync(source, sending);
        source.StillFor.ShouldBe(TimeSpan.Zero, "it waits for the rate and not for the peer");
        source.Pace(0);
        await sending.Within();
        await EndAsync(source, draining);
    }

    [Fact]
    public async Task Another_rate_holds_for_a_call_that_waits_already()
    {
        var (source, target) = await Streams.LinksAsync(_time);
        await using var near = source;
        await using var far = target;
        source.Pace(Limits.Rate.BytesPerSecondMin);
        var draining = DrainAsync(target);
        var sending = SendAsync(source, 50);
        await HeldBackAsync(source, sending);
        source.Pace(Rate);
        await PassWhileHeldAsync(source, sending);
        Held(source.BytesSent);
        await EndAsync(source, draining);
    }

    [Fact]
    public async Task A_link_that_ends_ends_the_wait()
    {
        var (source, target) = await Streams.LinksAsync(_time);
        await using var far = target;
        source.Pace(Limits.Rate.BytesPerSecondMin);
        var sending = SendAsync(source, 50);
        await HeldBackAsync(source, sending);
        await source.AbortAsync(Fabric.Transport.Wire.AbortReason.Cancelled);
        (await Should.ThrowAsync<LinkException>(sending.Within())).Fault.ShouldBe(LinkFault.Cut);
    }

    [Fact]
    public async Task Measures_say_what_goes_over_and_what_tcp_counts()
    {
        var (source, target) = await Streams.LinksAsync(_time);
        await using var near = source;
        await using var far = target;
        source.Pace(Rate);
        var draining = DrainAsync(target);
        await PassWhileHeldAsync(source, SendAsync(source, 100));
        var measures = source.Measure();
        measures.Connections.ShouldBe(1);
        measures.BytesPerSecond.ShouldBeInRange(Rate * 8 / 10, Rate * 12 / 10);
        measures.SegmentsSent.ShouldBeNull("there is no socket that it knows of");
        source.Pace(0);
        await EndAsync(source, draining);
    }

    private void Held(long bytes)
    {
        var due = Rate * _elapsedMs / 1000.0;
        var burst = TokenBucket.Full(Rate, TimeSpan.Zero).Burst;
        ((double)bytes).ShouldBeLessThanOrEqualTo(due + burst + Frame);
        ((double)bytes).ShouldBeGreaterThanOrEqualTo(due * 0.97);
        due.ShouldBeGreaterThan(burst, "else nothing was held");
    }

    private async Task PassWhileHeldAsync(DataLink link, Task over)
    {
        var patience = Guard.Token();
        while (!over.IsCompleted)
        {
            patience.ThrowIfCancellationRequested();
            if (link.IsHeldBack)
            {
                _time.Advance(1);
                _elapsedMs++;
            }
            else
            {
                await Task.Yield();
            }
        }

        await over;
    }

    private static async Task HeldBackAsync(DataLink link, Task sending)
    {
        var patience = Guard.Token();
        while (!link.IsHeldBack)
        {
            patience.ThrowIfCancellationRequested();
            sending.IsFaulted.ShouldBeFalse();
            await Task.Yield();
        }
    }

    private static Task SendAsync(DataLink link, int frames) => BlockingThread.RunAsync("test send", () =>
    {
        using var pool = new LinkBufferPool();
        using var buffer = pool.Rent("test");
        for (var i = 0; i < frames; i++)
            link.Send(buffer, Frame);
    });

    private static Task DrainAsync(DataLink link) => BlockingThread.RunAsync("test drain", () =>
    {
        var into = new byte[Frame];
        while (link.Receive(into) > 0)
        {
        }
    });

    private static async Task EndAsync(DataLink source, Task draining)
    {
        await BlockingThread.RunAsync("test end", source.Complete).Within();
        await draining.Within();
    }

    private static async Task MoveAsync(RelayRig rig, byte[] stream)
    {
        using var outgoing = await rig.OutgoingAsync();
        var sending = Task.Run(async () =>
        {
            for (var left = stream.AsMemory(); !left.IsEmpty;)
                left = left[await outgoing.SendAsync(left[..Math.Min(left.Length, 40_000)], Guard.Token())..];
            outgoing.Shutdown(SocketShutdown.Send);
        });
        using var incoming = await rig.IncomingAsync();
        var into = new byte[Frame];
        while (await incoming.ReceiveAsync(into, Guard.Token()) > 0)
        {
        }

        await sending;
        incoming.Close();
        outgoing.Close();
        var (source, target) = await rig.EndsAsync();
        (source.End, target.End).ShouldBe((RelayEnd.Completed, RelayEnd.Completed));
    }
}
