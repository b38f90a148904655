using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Tests.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Relay;

public class RelayTests
{
    // What a QEMU 7.2 target answered in a migration that went well: PONG 1, SHUT 0.
    private static readonly byte[] ReturnPath = Convert.FromHexString("00020004000000010001000400000000");

    [Fact]
    public async Task A_stream_goes_over_and_the_return_path_comes_back_byte_for_byte()
    {
        var (rig, tls) = await RelayRig.SecureAsync();
        var stream = new byte[3_000_001];
        new Random(7).NextBytes(stream);
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendAllAsync(outgoing, stream);
        using var incoming = await rig.IncomingAsync();
        (await RelayRig.ReceiveAsync(incoming, stream.Length)).ShouldBe(stream);
        await sending.Within();
        await incoming.SendAsync(ReturnPath);
        (await RelayRig.ReceiveAsync(outgoing, ReturnPath.Length)).ShouldBe(ReturnPath);

        outgoing.Close();
        (await incoming.ReceiveAsync(new byte[1], Guard.Token())).ShouldBe(0);
        incoming.Close();
        var (source, target) = await rig.EndsAsync();
        source.End.ShouldBe(RelayEnd.Completed);
        target.End.ShouldBe(RelayEnd.Completed);
        foreach (var traffic in new[] { rig.Source.Traffic, rig.Target.Traffic })
        {
            traffic.Forward.ShouldBe(stream.Length);
            traffic.Return.ShouldBe(ReturnPath.Length);
            traffic.Wire.ShouldBeGreaterThan(stream.Length);
        }

        rig.Buffers.Lent.ShouldBe(0);
        await rig.DisposeAsync();
        await tls.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Either_QEMU_may_close_first(bool sourceFirst)
    {
        for (var i = 0; i < 20; i++)
        {
            await using var rig = await RelayRig.PlainAsync();
            var (outgoing, incoming) = await rig.OpenAsync();
            var (first, second) = sourceFirst ? (outgoing, incoming) : (incoming, outgoing);
            first.Close();
            (await second.ReceiveAsync(new byte[1], Guard.Token())).ShouldBe(0);
            second.Close();
            var (source, target) = await rig.EndsAsync();
            source.ShouldBe(RelayOutcome.Completed);
            target.ShouldBe(RelayOutcome.Completed);
        }
    }

    [Fact]
    public async Task The_path_for_QEMU_is_private_and_gone_after_one_connection()
    {
        await using var rig = await RelayRig.PlainAsync();
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(rig.OutgoingPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (outgoing, incoming) = await rig.OpenAsync();
        File.Exists(rig.OutgoingPath).ShouldBeFalse();
        await Should.ThrowAsync<SocketException>(rig.OutgoingAsync);
        outgoing.Close();
        incoming.Close();
    }

    [Fact]
    public async Task The_target_QEMU_is_left_alone_when_no_byte_comes()
    {
        await using var rig = await RelayRig.PlainAsync();
        var incoming = rig.IncomingAsync();
        using (await rig.OutgoingAsync())
        {
        }

        var (source, target) = await rig.EndsAsync();
        source.End.ShouldBe(RelayEnd.SourceClosed);
        target.End.ShouldBe(RelayEnd.SourceClosed);
        incoming.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task An_end_without_a_byte_does_not_reach_the_target_QEMU()
    {
        var (raw, link) = await Streams.RawSourceAsync();
        using var buffers = new LinkBufferPool();
        await using (var target = TargetRelay.Start("/nonexistent/in", link, buffers, TimeProvider.System))
        {
            await raw.WriteAsync(Frames.SourceGreeting);
            await raw.WriteAsync(Frames.End(0));
            (await target.Completion.Within()).End.ShouldBe(RelayEnd.SourceClosed);
            await RelayRig.SaysLastAsync(raw, Frames.Abort((byte)AbortReason.SourceClosed));
        }

        await raw.DisposeAsync();
    }

    [Fact]
    public async Task A_target_QEMU_that_takes_no_connection_is_told_to_the_source()
    {
        await using var rig = await RelayRig.PlainAsync();
        rig.CloseIncoming();
        using var outgoing = await rig.OutgoingAsync();
        await outgoing.SendAsync(new byte[] { 1 });
        var (source, target) = await rig.EndsAsync();
        target.End.ShouldBe(RelayEnd.TargetClosed);
        source.End.ShouldBe(RelayEnd.TargetClosed);
        await RelayRig.ClosedAsync(outgoing);
    }

    [Fact]
    public async Task A_target_QEMU_that_dies_under_the_stream_is_told_to_the_source()
    {
        await using var rig = await RelayRig.PlainAsync();
        var (outgoing, incoming) = await rig.OpenAsync();
        incoming.Close();
        var sending = SendUntilClosedAsync(outgoing);
        var (source, target) = await rig.EndsAsync();
        target.End.ShouldBe(RelayEnd.TargetClosed);
        source.End.ShouldBe(RelayEnd.TargetClosed);
        await sending.Within();
    }

    [Fact]
    public async Task A_cut_link_closes_both_QEMU_sockets()
    {
        await using var rig = await RelayRig.PlainAsync();
        var (outgoing, incoming) = await rig.OpenAsync();
        await rig.SourceLink.DisposeAsync();
        var (source, target) = await rig.EndsAsync();
        source.End.ShouldBe(RelayEnd.LinkLost);
        target.End.ShouldBe(RelayEnd.LinkLost);
        await RelayRig.ClosedAsync(outgoing);
        await RelayRig.ClosedAsync(incoming);
    }

    [Fact]
    public async Task A_link_cut_between_the_two_ends_is_lost_and_not_completed()
    {
        await using var rig = await RelayRig.PlainAsync();
        var (outgoing, incoming) = await rig.OpenAsync();
        incoming.Close();
        (await outgoing.ReceiveAsync(new byte[1], Guard.Token())).ShouldBe(0);
        await rig.TargetLink.DisposeAsync();
        var (source, target) = await rig.EndsAsync();
        source.End.ShouldBe(RelayEnd.LinkLost);
        target.End.ShouldBe(RelayEnd.LinkLost);
        await RelayRig.ClosedAsync(outgoing);
    }

    [Fact]
    public async Task A_link_that_is_cut_before_QEMU_connects_is_noticed()
    {
        await using var rig = await RelayRig.PlainAsync();
        await rig.TargetLink.DisposeAsync();
        (await rig.Source.Completion.Within()).End.ShouldBe(RelayEnd.LinkLost);
        await Should.ThrowAsync<SocketException>(rig.OutgoingAsync);
    }

    [Theory]
    [InlineData(true, AbortReason.Cancelled)]
    [InlineData(false, AbortReason.Cancelled)]
    [InlineData(true, AbortReason.Shutdown)]
    [InlineData(false, AbortReason.Shutdown)]
    public async Task An_abort_closes_both_QEMU_sockets_and_carries_its_reason(bool atSource, AbortReason reason)
    {
        await using var rig = await RelayRig.PlainAsync();
        var (outgoing, incoming) = await rig.OpenAsync();
        _ = atSource ? rig.Source.AbortAsync(reason) : rig.Target.AbortAsync(reason);
        var (source, target) = await rig.EndsAsync();
        source.End.ShouldBe(RelayEnd.Aborted);
        target.End.ShouldBe(RelayEnd.Aborted);
        source.Reason.ShouldBe(reason);
        target.Reason.ShouldBe(reason);
        await RelayRig.ClosedAsync(outgoing);
        await RelayRig.ClosedAsync(incoming);
    }

    [Fact]
    public async Task An_abort_under_full_load_reaches_the_other_side_with_its_reason()
    {
        await using var rig = await RelayRig.PlainAsync();
        var (outgoing, incoming) = await rig.OpenAsync();
        var sending = SendUntilClosedAsync(outgoing);
        var receiving = RelayRig.ClosedAsync(incoming);
        while (rig.Target.Traffic.Forward < 10_000_000)
            await Task.Yield();
        _ = rig.Target.AbortAsync(AbortReason.Cancelled);
        var (source, _) = await rig.EndsAsync();
        source.Reason.ShouldBe(AbortReason.Cancelled);
        await sending.Within();
        await receiving.Within();
    }

    [Fact]
    public async Task An_abort_frees_a_source_QEMU_that_hangs_in_its_write()
    {
        // Nobody reads at the far end: every buffer fills and QEMU's write blocks, as in its device phase.
        await using var rig = await RelayRig.PlainAsync();
        var (outgoing, incoming) = await rig.OpenAsync();
        var hanging = SendUntilClosedAsync(outgoing);
        await StuckAsync(rig);
        hanging.IsCompleted.ShouldBeFalse();
        _ = rig.Source.AbortAsync(AbortReason.Cancelled);

        // It is free before the abort has made its way, or can: the path is stuck.
        await hanging.Within();
        (await rig.Source.Completion.Within()).Reason.ShouldBe(AbortReason.Cancelled);
        incoming.Close();
    }

    [Fact]
    public async Task A_stalled_path_stops_QEMU_with_bounded_bytes_under_way()
    {
        await using var rig = await RelayRig.PlainAsync();
        var (outgoing, incoming) = await rig.OpenAsync();
        var hanging = SendUntilClosedAsync(outgoing);
        await StuckAsync(rig);

        // Four kernel buffers (QEMU's, two of TCP, ours to QEMU) and our two of one frame; TCP's are the largest.
        rig.Source.Traffic.Forward.ShouldBeLessThan(32 * 1024 * 1024);
        rig.Buffers.Lent.ShouldBe(4);
        outgoing.Close();
        incoming.Close();
        await hanging.Within();
    }

    [Fact]
    public async Task A_QEMU_that_takes_no_bytes_is_a_stall_and_both_sides_say_so()
    {
        var time = new ManualTime();
        await using var rig = await RelayRig.PlainAsync(time);
        var (outgoing, incoming) = await rig.OpenAsync();
        var hanging = SendUntilClosedAsync(outgoing);
        await StuckAsync(rig);
        for (var passed = 0; passed < Limits.Relay.StallMs - Limits.Relay.StallCheckMs;
            passed += Limits.Relay.StallCheckMs)
            time.Advance(Limits.Relay.StallCheckMs);
        rig.Target.Completion.IsCompleted.ShouldBeFalse();
        rig.Source.Completion.IsCompleted.ShouldBeFalse();
        time.Advance(Limits.Relay.StallCheckMs);
        time.Advance(Limits.Relay.AbortSendMs);
        (await rig.Target.Completion.Within()).End.ShouldBe(RelayEnd.Stalled);
        (await rig.Source.Completion.Within()).End.ShouldBe(RelayEnd.Stalled);
        await hanging.Within();
        await RelayRig.ClosedAsync(incoming);
    }

    [Fact]
    public async Task A_stream_that_rests_is_not_a_stall()
    {
        var time = new ManualTime();
        await using var rig = await RelayRig.PlainAsync(time);
        var (outgoing, incoming) = await rig.OpenAsync();
        for (var i = 0; i < 100; i++)
            time.Advance(Limits.Relay.StallMs);
        await outgoing.SendAsync(new byte[] { 2 });
        (await RelayRig.ReceiveAsync(incoming, 1)).ShouldBe([2]);
        rig.Source.Completion.IsCompleted.ShouldBeFalse();
        outgoing.Close();
        incoming.Close();
    }

    [Fact]
    public async Task A_peer_that_breaks_the_protocol_is_told_and_QEMU_is_closed()
    {
        var (raw, link) = await Streams.RawSourceAsync();
        using var buffers = new LinkBufferPool();
        await using (var target = TargetRelay.Start("/nonexistent/in", link, buffers, TimeProvider.System))
        {
            await raw.WriteAsync(Convert.FromHexString("09010000000000010000000000000000"));
            var outcome = await target.Completion.Within();
            outcome.Reason.ShouldBe(AbortReason.ProtocolError);
            outcome.Detail.ShouldContain("type 9");
            await RelayRig.SaysLastAsync(raw, Frames.Abort((byte)AbortReason.ProtocolError));
        }

        await raw.DisposeAsync();
    }

    [Fact]
    public async Task A_path_or_a_link_that_cannot_be_used_is_refused_before_it_starts()
    {
        var (source, target) = await Streams.LinksAsync(TimeProvider.System);
        using var buffers = new LinkBufferPool();
        var tooLong = "/" + new string('x', Limits.Relay.SocketPathMax);
        Should.Throw<ArgumentException>(() => SourceRelay.Start(tooLong, source, buffers, TimeProvider.System));
        Should.Throw<ArgumentException>(() => SourceRelay.Start("/tmp/x", target, buffers, TimeProvider.System));
        Should.Throw<ArgumentException>(() => TargetRelay.Start("/tmp/x", source, buffers, TimeProvider.System));
        Should.Throw<SocketException>(() => SourceRelay.Start("/nonexistent/x", source, buffers, TimeProvider.System));
        await source.DisposeAsync();
        await target.DisposeAsync();
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, Guard.Token())..];
    }

    private static async Task SendUntilClosedAsync(Socket socket)
    {
        try
        {
            var bytes = new byte[65536];
            while (true)
                await socket.SendAsync(bytes);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Waits until no byte moves any more: the same count at twenty looks in a row.</summary>
    private static async Task StuckAsync(RelayRig rig)
    {
        var (last, same) = (-1L, 0);
        while (same < 20)
        {
            await Task.Delay(20);
            var now = rig.Source.Traffic.Forward;
            same = now == last ? same + 1 : 0;
            last = now;
        }
    }
}
