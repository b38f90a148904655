using FsCheck;
using FsCheck.Fluent;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Link;

/// <summary>One connection, and a peer that says anything.</summary>
public class DataLinkTests
{
    [Fact]
    public async Task Bytes_arrive_in_order_and_the_end_is_told_as_zero()
    {
        var (source, target) = await Streams.LinksAsync(TimeProvider.System);
        using var pool = new LinkBufferPool();
        using (var buffer = pool.Rent("test"))
        {
            "hello"u8.CopyTo(buffer.Payload);
            await source.SendAsync(buffer, 5);
        }

        var into = new byte[3];
        var ending = BlockingThread.RunAsync("test end", source.Complete);
        (await target.ReceiveAsync(into).Within()).ShouldBe(3);
        into.ShouldBe("hel"u8.ToArray());
        (await target.ReceiveAsync(into).Within()).ShouldBe(2);
        (await target.ReceiveAsync(into).Within()).ShouldBe(0);
        await ending.Within();
        source.BytesSent.ShouldBeGreaterThanOrEqualTo(16 + 5 + 16);
        target.BytesReceived.ShouldBeGreaterThanOrEqualTo(16 + 5 + 16);
        await source.DisposeAsync();
        await target.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_closes_without_an_end_is_a_cut()
    {
        foreach (var sent in new byte[][] { [], [1], Frames.Data("abcd", 0)[..16], Frames.Data("abcd", 0)[..17] })
        {
            var (raw, link) = await Streams.RawSourceAsync();
            await raw.WriteAsync(Frames.SourceGreeting);
            await raw.WriteAsync(sent);
            await raw.DisposeAsync();
            (await FaultOfAsync(link)).Fault.ShouldBe(LinkFault.Cut);
        }
    }

    public static TheoryData<byte[], string> WrongFrames => new()
    {
        { Frames.Data("a", 0, LinkChannels.ReturnPath), "the other way" },
        { Frames.End(0, LinkChannels.ControlBack), "the other way" },
        { Frames.Ack(LinkChannels.Ram, 0, 100), "the other way" },
        { Frames.Data("b", 1), "a gap" },
        { [.. Frames.Data("ab", 0), .. Frames.Data("a", 0)], "a duplicate" },
        { [.. Frames.Data("ab", 0), .. Frames.Data("bc", 1)], "a duplicate" },
        { [.. Frames.Data("ab", 0), .. Frames.Data("a", 0, again: true)], "a duplicate" },
        { Frames.Data("b", Limits.Link.WindowBytes), "beyond the credit" },
        { Frames.Data("b", Limits.Link.OffsetMax), "beyond the credit" },
        { [.. Frames.End(0), .. Frames.Data("a", 0)], "after the end" },
        { [.. Frames.End(0), .. Frames.End(0)], "second end" },
        { [.. Frames.Data("ab", 0), .. Frames.End(1)], "an end before" },
        { Frames.End(1), "a gap" },
        { Frames.Ack(LinkChannels.ReturnPath, 1, 1 << 20), "not sent" },
        { Frames.Ack(LinkChannels.ReturnPath, long.MaxValue, long.MaxValue), "offset" },
        { Frames.Ack(LinkChannels.ReturnPath, 0, (1 << 20) + 1), "credit" },
        { Frames.Ack(LinkChannels.ReturnPath, 0, -5), "credit" },
        { Frames.Abort(7), "abort reason 7" },
        { Frames.Abort(0), "abort reason 0" },
        { "FBDL............"u8.ToArray(), "type 70" },
    };

    [Theory]
    [MemberData(nameof(WrongFrames))]
    public async Task A_frame_in_the_wrong_place_is_refused_by_name(byte[] bytes, string fault)
    {
        var (raw, link) = await Streams.RawSourceAsync();
        await raw.WriteAsync(Frames.SourceGreeting);
        await raw.WriteAsync(bytes);
        var error = await FaultOfAsync(link);
        error.Fault.ShouldBe(LinkFault.BadFrame);
        error.Message.ShouldContain(fault, Case.Insensitive);
        await raw.DisposeAsync();
    }

    [Fact]
    public async Task Bytes_before_it_was_said_what_is_here_are_refused()
    {
        foreach (var bytes in new[] { Frames.Data("a", 0), Frames.End(0) })
        {
            var (raw, link) = await Streams.RawSourceAsync();
            await raw.WriteAsync(Frames.SourceGreeting.AsMemory(0, 24));
            await raw.WriteAsync(bytes);
            var error = await FaultOfAsync(link);
            error.Fault.ShouldBe(LinkFault.BadFrame);
            error.Message.ShouldContain("before it was said");
            await raw.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_abort_carries_its_reason_even_after_the_end()
    {
        foreach (var before in new[] { Array.Empty<byte>(), Frames.End(0) })
        {
            var (raw, link) = await Streams.RawSourceAsync();
            await raw.WriteAsync(Frames.SourceGreeting);
            await raw.WriteAsync(before);
            await raw.WriteAsync(Frames.Abort(1));
            var error = await FaultOfAsync(link);
            error.Fault.ShouldBe(LinkFault.Aborted);
            error.Reason.ShouldBe(AbortReason.Cancelled);
            await raw.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_peer_that_leaves_before_the_end_is_a_cut_at_once()
    {
        foreach (var done in new[] { false, true })
        {
            var (raw, link) = await Streams.RawSourceAsync();
            await raw.WriteAsync(Frames.SourceGreeting);
            await raw.WriteAsync(Frames.Bye(done));
            (await FaultOfAsync(link)).Message.ShouldContain("before its end");
            await raw.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_abort_that_finds_the_path_stuck_cuts_it_after_its_time()
    {
        var time = new ManualTime();
        var path = new StuckStream();
        var link = DataLink.Over(path, LinkChannel.ReturnPath, time);
        await path.Entered.Within();

        var aborting = link.AbortAsync(AbortReason.Stalled).AsTask();
        aborting.IsCompleted.ShouldBeFalse();
        await time.AdvanceUntilAsync(Limits.Relay.AbortSendMs, aborting);
        await path.Closed.Within();
    }

    [Fact]
    public async Task A_send_behind_an_abort_finds_the_link_closed()
    {
        var time = new ManualTime();
        var path = new StuckStream();
        var link = DataLink.Over(path, LinkChannel.ReturnPath, time);
        using var pool = new LinkBufferPool();
        using var buffer = pool.Rent("test");
        var aborting = link.AbortAsync(AbortReason.Cancelled).AsTask();
        await path.Entered.Within();
        var behind = link.SendAsync(buffer, 1);
        await time.AdvanceUntilAsync(Limits.Relay.AbortSendMs, aborting);
        (await Should.ThrowAsync<LinkException>(() => behind.Within())).Fault.ShouldBe(LinkFault.Cut);
    }

    /// <summary>However TCP cuts the bytes up, the same comes out.</summary>
    [Fact]
    public void Frames_split_at_every_byte_boundary_give_the_same_bytes()
    {
        byte[] stream =
        [
            .. Frames.SourceGreeting, .. Frames.Data("abc", 0), .. Frames.Data("d", 3),
            .. Frames.Data("efghijkl", 4), .. Frames.End(12),
        ];
        for (var split = 0; split <= stream.Length; split++)
            Receive(new ChoppedStream(stream, [split, stream.Length])).ShouldBe("abcdefghijkl");

        var cuts = Gen.Choose(1, 5).ListOf().ToArbitrary();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(200),
            Prop.ForAll(cuts, sizes => string.Equals(Receive(ChoppedStream.BySizes(stream, sizes)), "abcdefghijkl",
                StringComparison.Ordinal)));
    }

    /// <summary>Whatever a peer sends, the link answers with bytes or a typed error, and ends.</summary>
    [Fact]
    public void Random_bytes_give_a_typed_error()
    {
        var junk = Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf().ToArbitrary();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(junk, bytes => Should.Throw<LinkException>(() =>
            {
                byte[] all = [.. Frames.SourceGreeting, .. bytes];
                Receive(new ChoppedStream(all, [all.Length]));
                Receive(new ChoppedStream(all, [all.Length]), afterEnd: true);
            }).Fault is LinkFault.Cut or LinkFault.BadFrame or LinkFault.Aborted));
    }

    [Fact]
    public void A_buffer_is_lent_to_one_owner_and_returned_once()
    {
        using var pool = new LinkBufferPool();
        var all = Enumerable.Range(0, Limits.Relay.BuffersMax).Select(i => pool.Rent($"loan {i}")).ToList();
        all.Distinct().Count().ShouldBe(Limits.Relay.BuffersMax);
        Should.Throw<InvalidOperationException>(() => pool.Rent("one more"));
        Should.Throw<InvalidOperationException>(pool.Dispose).Message.ShouldContain("loan 5");
        all[0].Dispose();
        Should.Throw<InvalidOperationException>(all[0].Dispose).Message.ShouldContain("twice");
        pool.Rent("again").ShouldBe(all[0]);
        all.ForEach(b => b.Dispose());
        pool.Lent.ShouldBe(0);
    }

    private static string Receive(Stream stream, bool afterEnd = false)
    {
        var link = DataLink.Over(stream, LinkChannel.ReturnPath, TimeProvider.System);
        try
        {
            var text = "";
            var into = new byte[16];
            int count;
            while ((count = link.Receive(into)) != 0)
                text += System.Text.Encoding.ASCII.GetString(into, 0, count);
            if (afterEnd)
                link.Receive(into);
            return text;
        }
        finally
        {
            link.CloseAll();
        }
    }

    private static async Task<LinkException> FaultOfAsync(DataLink link)
    {
        var into = new byte[64];
        var error = await Should.ThrowAsync<LinkException>(async () =>
        {
            while (true)
                await link.ReceiveAsync(into).Within();
        });
        await link.DisposeAsync();
        return error;
    }
}
