using FsCheck;
using FsCheck.Fluent;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Link;

public class DataLinkTests
{
    private static readonly byte[] End = Convert.FromHexString("0201000000000000");

    [Fact]
    public async Task Bytes_arrive_in_order_and_the_end_is_told_as_zero()
    {
        var (source, target) = await Streams.LinksAsync(TimeProvider.System);
        using var pool = new LinkBufferPool();
        using (var buffer = pool.Rent("test"))
        {
            "hello"u8.CopyTo(buffer.Payload);
            await source.SendAsync(buffer, 5);
            source.Complete();
        }

        var into = new byte[3];
        (await target.ReceiveAsync(into).Within()).ShouldBe(3);
        into.ShouldBe("hel"u8.ToArray());
        (await target.ReceiveAsync(into).Within()).ShouldBe(2);
        (await target.ReceiveAsync(into).Within()).ShouldBe(0);
        source.BytesSent.ShouldBe(8 + 5 + 8);
        target.BytesReceived.ShouldBe(8 + 5 + 8);
        await source.DisposeAsync();
        await target.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_closes_without_an_end_is_a_cut()
    {
        foreach (var sent in new[] { "", "01", "0101000000000004", "01010000000000040102" })
        {
            var (raw, link) = await Streams.RawSourceAsync();
            await raw.WriteAsync(Convert.FromHexString(sent));
            await raw.DisposeAsync();
            (await FaultOfAsync(link)).Fault.ShouldBe(LinkFault.Cut, sent);
        }
    }

    [Theory]
    [InlineData("0102000000000001", "the other way")]
    [InlineData("0201000000000000" + "010100000000000161", "after the end")]
    [InlineData("0201000000000000" + "0201000000000000", "after the end")]
    [InlineData("030100000000000107", "abort reason 7")]
    [InlineData("030100000000000100", "abort reason 0")]
    [InlineData("4642444c01010300", "type 70")]
    public async Task A_frame_in_the_wrong_place_is_refused_by_name(string bytes, string fault)
    {
        var (raw, link) = await Streams.RawSourceAsync();
        await raw.WriteAsync(Convert.FromHexString(bytes));
        var error = await FaultOfAsync(link);
        error.Fault.ShouldBe(LinkFault.BadFrame);
        error.Message.ShouldContain(fault);
        await raw.DisposeAsync();
    }

    [Fact]
    public async Task An_abort_carries_its_reason_even_after_the_end()
    {
        foreach (var before in new[] { Array.Empty<byte>(), End })
        {
            var (raw, link) = await Streams.RawSourceAsync();
            await raw.WriteAsync(before);
            await raw.WriteAsync(Convert.FromHexString("030100000000000101"));
            var error = await FaultOfAsync(link);
            error.Fault.ShouldBe(LinkFault.Aborted);
            error.Reason.ShouldBe(AbortReason.Cancelled);
            await raw.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_abort_that_finds_the_path_stuck_cuts_it_after_its_time()
    {
        var time = new ManualTime();
        var path = new StuckStream();
        var link = DataLink.Over(path, LinkChannel.ReturnPath, time);
        using var pool = new LinkBufferPool();
        using var buffer = pool.Rent("test");
        var stuck = link.SendAsync(buffer, Limits.Relay.PayloadMax);
        await path.Entered.Within();

        var aborting = link.AbortAsync(AbortReason.Stalled).AsTask();
        aborting.IsCompleted.ShouldBeFalse();
        time.Advance(Limits.Relay.AbortSendMs);
        await aborting.Within();
        (await Should.ThrowAsync<LinkException>(() => stuck.Within())).Fault.ShouldBe(LinkFault.Cut);
    }

    [Fact]
    public async Task A_write_that_waits_behind_an_abort_finds_the_link_closed()
    {
        var time = new ManualTime();
        var path = new StuckStream();
        var link = DataLink.Over(path, LinkChannel.ReturnPath, time);
        using var pool = new LinkBufferPool();
        using var buffer = pool.Rent("test");
        var aborting = link.AbortAsync(AbortReason.Cancelled).AsTask();
        await path.Entered.Within();
        var behind = link.SendAsync(buffer, 1);
        time.Advance(Limits.Relay.AbortSendMs);
        await aborting.Within();
        (await Should.ThrowAsync<LinkException>(() => behind.Within())).Fault.ShouldBe(LinkFault.Cut);
    }

    /// <summary>However TCP cuts the bytes up, the same comes out.</summary>
    [Fact]
    public void Frames_split_at_every_byte_boundary_give_the_same_bytes()
    {
        byte[] stream = [.. Data("abc"), .. Data("d"), .. Data("efghijkl"), .. End];
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
                Receive(new ChoppedStream(bytes, [bytes.Length]));
                Receive(new ChoppedStream(bytes, [bytes.Length]), afterEnd: true);
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

    private static byte[] Data(string text)
    {
        var frame = new byte[Limits.Relay.HeaderSize + text.Length];
        new FrameHeader(FrameType.Data, LinkChannel.Ram, text.Length).Write(frame);
        System.Text.Encoding.ASCII.GetBytes(text, frame.AsSpan(Limits.Relay.HeaderSize));
        return frame;
    }

    private static string Receive(Stream stream, bool afterEnd = false)
    {
        var link = DataLink.Over(stream, LinkChannel.ReturnPath, TimeProvider.System);
        var text = "";
        var into = new byte[16];
        int count;
        while ((count = link.Receive(into)) != 0)
            text += System.Text.Encoding.ASCII.GetString(into, 0, count);
        if (afterEnd)
            link.Receive(into);
        return text;
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
