using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Relay;
using Fabric.Transport.Tests.Pages;
using Fabric.Transport.Tests.Relay;
using Fabric.Transport.Wire;

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

    [Fact]
    public async Task Links_that_share_a_rate_keep_it_together_and_none_is_left_behind()
    {
        var shared = new SharedPace(_time);
        var (memory, first) = await SharingAsync(shared);
        var (disk, second) = await SharingAsync(shared);
        await using var a = memory;
        await using var b = disk;
        await using var c = first;
        await using var d = second;
        shared.Set(Rate);
        var draining = new[] { DrainAsync(first), DrainAsync(second) };
        var sending = Task.WhenAll(SendAsync(memory, 80), SendAsync(disk, 80));
        await PassWhileAllAreHeldAsync([memory, disk], sending, through: 80 * (Frame + Limits.Relay.HeaderSize));
        Held(memory.BytesSent + disk.BytesSent, links: 2);

        // The last copy lifts it for all.
        memory.Pace(0);
        await SendAsync(disk, 20).Within();
        await EndAsync(memory, draining[0]);
        await EndAsync(disk, draining[1]);
    }

    [Fact]
    public async Task A_shared_rate_is_lifted_for_calls_that_wait_whichever_link_is_asked()
    {
        var shared = new SharedPace(_time);
        var (memory, first) = await SharingAsync(shared);
        var (disk, second) = await SharingAsync(shared);
        await using var a = memory;
        await using var b = disk;
        await using var c = first;
        await using var d = second;
        disk.Pace(Limits.Rate.BytesPerSecondMin);
        var draining = new[] { DrainAsync(first), DrainAsync(second) };
        var sending = new[] { SendAsync(memory, 20), SendAsync(disk, 20) };
        await HeldBackAsync(memory, sending[0]);
        await HeldBackAsync(disk, sending[1]);
        memory.Pace(0);
        await Task.WhenAll(sending).Within();
        await EndAsync(memory, draining[0]);
        await EndAsync(disk, draining[1]);
    }

    [Fact]
    public void Who_asked_first_goes_first_whatever_was_asked_after_him()
    {
        var shared = new SharedPace(_time);
        shared.Set(1_000_000);
        shared.Take((int)TokenBucket.Full(1_000_000, TimeSpan.Zero).Burst);
        var mine = shared.Take(100_000);
        var others = shared.Take(900_000);
        shared.WaitFor(mine).TotalMilliseconds.ShouldBe(100, tolerance: 0.01);
        shared.WaitFor(others).TotalMilliseconds.ShouldBe(1_000, tolerance: 0.01);
        _time.Advance(100);
        shared.WaitFor(mine).ShouldBeLessThanOrEqualTo(TimeSpan.FromTicks(10));
        shared.Set(9_000_000);
        shared.WaitFor(others).TotalMilliseconds.ShouldBe(100, tolerance: 0.01);
        shared.Set(0);
        shared.WaitFor(others).ShouldBe(TimeSpan.Zero);
    }

    private async Task<(DataLink Source, DataLink Target)> SharingAsync(SharedPace pace)
    {
        var (a, b) = await Streams.PairAsync();
        return (DataLink.Over(a, LinkChannel.Ram, _time, pace), DataLink.Over(b, LinkChannel.ReturnPath, _time));
    }

    private void Held(long bytes, int links = 1)
    {
        var due = Rate * _elapsedMs / 1000.0;
        var burst = TokenBucket.Full(Rate, TimeSpan.Zero).Burst;
        ((double)bytes).ShouldBeLessThanOrEqualTo(due + burst + (links * Frame));
        ((double)bytes).ShouldBeGreaterThanOrEqualTo(due * 0.97);
        due.ShouldBeGreaterThan(burst, "else nothing was held");
    }

    private Task PassWhileHeldAsync(DataLink link, Task over) => PassWhileAllAreHeldAsync([link], over);

    /// <summary>Time passes only while nobody could go on: all wait, or all but those that are through.</summary>
    private async Task PassWhileAllAreHeldAsync(DataLink[] links, Task over, long through = long.MaxValue)
    {
        var patience = Guard.Token();
        while (!over.IsCompleted)
        {
            patience.ThrowIfCancellationRequested();
            if (Array.Exists(links, l => l.IsHeldBack) && Array.TrueForAll(links, l => l.IsHeldBack || l.BytesSent >= through))
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
