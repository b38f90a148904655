using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Relay;
using Fabric.Transport.Tests.Pages;
using Fabric.Transport.Tests.Pages.Store;
using Fabric.Transport.Tests.Pages.Work;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Relay;

/// <summary>Page work between two relays with sockets in the place of the two QEMUs.</summary>
public class RelayWorkTests
{
    private static readonly byte[] ReturnPath = Convert.FromHexString("00020004000000010001000400000000");
    private static readonly byte[] Stream = Capture.Short("light128");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_goes_over_in_fewer_bytes_and_the_return_path_comes_back_as_it_is(bool withStore)
    {
        using var stores = new StoreRig(keep: false);
        var store = withStore ? stores.Stores.For(StoreRig.Vm, "m-1/1") : null;
        await using var rig = await RelayRig.PlainAsync(work: new(new(), new(), TargetStore: store));
        var output = await MoveAsync(rig);
        GuestImage.Of(output).ShouldBeLike(GuestImage.Of(Stream));
        rig.Source.Traffic.Forward.ShouldBe(Stream.Length);
        rig.Source.Traffic.Return.ShouldBe(ReturnPath.Length);
        rig.Source.Traffic.Wire.ShouldBeLessThan(Stream.Length / 4);
        rig.Target.Traffic.Forward.ShouldBe(output.Length);
        rig.Target.Traffic.Return.ShouldBe(ReturnPath.Length);
        rig.Source.PageWork.BytesIn.ShouldBe(Stream.Length);
        rig.Buffers.Lent.ShouldBe(0);
        store?.Why.ShouldBe(StoreRefusal.New);
        store?.Succeeded();
        Directory.GetDirectories(stores.Root).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task Where_one_side_wants_none_the_stream_goes_over_byte_for_byte(bool source, bool target)
    {
        await using var rig = await RelayRig.PlainAsync(
            work: new(source ? new() : PageWorkOptions.Off, target ? new() : PageWorkOptions.Off));
        (await MoveAsync(rig)).ShouldBe(Stream);
    }

    [Fact]
    public async Task A_second_attempt_after_a_cut_sends_only_what_is_missing()
    {
        using var stores = new StoreRig();
        await using (var first = await RelayRig.PlainAsync(
            work: new(new(), new(), TargetStore: stores.Stores.For(StoreRig.Vm, "m-1/1"))))
        {
            using var outgoing = await first.OutgoingAsync();
            var half = Stream.AsMemory(0, Stream.Length - 200_000);
            await outgoing.SendAsync(half, Guard.Token());
            using var incoming = await first.IncomingAsync();
            var into = new byte[65_536];
            for (var got = 0; got < 600_000;)
                got += await incoming.ReceiveAsync(into, Guard.Token());
            await first.SourceLink.DisposeAsync();
            var rest = RelayRig.ClosedAsync(incoming);
            var (source, target) = await first.EndsAsync();
            await rest;
            (source.End, target.End).ShouldBe((RelayEnd.LinkLost, RelayEnd.LinkLost));
        }

        var store = stores.Stores.For(StoreRig.Vm, "m-1/2");
        await using var second = await RelayRig.PlainAsync(work: new(new(), new(), TargetStore: store));
        GuestImage.Of(await MoveAsync(second)).ShouldBeLike(GuestImage.Of(Stream));
        (store.Why, store.Damaged).ShouldBe((StoreRefusal.None, 0));
        store.HeldAtFirst.ShouldBeGreaterThan(100);
        second.Source.PageWork.Unchanged.ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task A_source_whose_QEMU_closes_without_a_byte_says_so()
    {
        await using var rig = await RelayRig.PlainAsync(work: new(new(), new()));
        using (await rig.OutgoingAsync())
        {
        }

        var (source, target) = await rig.EndsAsync();
        (source.End, target.End).ShouldBe((RelayEnd.SourceClosed, RelayEnd.SourceClosed));
    }

    [Fact]
    public async Task A_source_that_waits_for_an_answer_ends_when_the_link_is_cut()
    {
        var (far, near) = await Streams.LinksAsync(TimeProvider.System);
        using var buffers = new LinkBufferPool();
        var directory = Directory.CreateTempSubdirectory("frw");
        var path = Path.Combine(directory.FullName, "out");
        await using (var source = SourceRelay.Start(
            path, far, buffers, TimeProvider.System, new PageWorkOptions()))
        {
            using var outgoing = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await outgoing.ConnectAsync(new UnixDomainSocketEndPoint(path), Guard.Token());
            await outgoing.SendAsync(Stream.AsMemory(0, 1_000), Guard.Token());
            var preface = new byte[4];
            (await Task.Run(() => near.Receive(preface)).Within()).ShouldBe(4);
            preface.ShouldBe("FPW1"u8.ToArray());
            await near.DisposeAsync();
            (await source.Completion.Within()).End.ShouldBe(RelayEnd.LinkLost);
        }

        buffers.Lent.ShouldBe(0);
        directory.Delete(recursive: true);
    }

    /// <summary>The answer may take minutes, so no clock of its own ends the wait: the link's signs of life do.</summary>
    [Fact]
    public async Task A_source_that_waits_for_an_answer_ends_when_its_target_falls_silent()
    {
        var (a, b) = await Streams.PairAsync();
        var far = new DataLink(
            LinkSide.Source, new LinkTerms(HeartbeatMs: Limits.Link.HeartbeatMsMin, ReconnectForMs: 0), dialer: null,
            TimeProvider.System, news: null);
        far.Attach(0, new LinkWire(a, null));

        // It takes the question, acknowledges it, and never says anything again.
        await using var near = DataLink.Over(b, LinkChannel.ReturnPath, TimeProvider.System);
        using var buffers = new LinkBufferPool();
        var directory = Directory.CreateTempSubdirectory("frw");
        var path = Path.Combine(directory.FullName, "out");
        await using (var source = SourceRelay.Start(
            path, far, buffers, TimeProvider.System, new PageWorkOptions()))
        {
            using var outgoing = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await outgoing.ConnectAsync(new UnixDomainSocketEndPoint(path), Guard.Token());
            await outgoing.SendAsync(Stream.AsMemory(0, 1_000), Guard.Token());
            var preface = new byte[4];
            (await Task.Run(() => near.Receive(preface)).Within()).ShouldBe(4);
            preface.ShouldBe("FPW1"u8.ToArray());
            (await source.Completion.Within()).End.ShouldBe(RelayEnd.LinkLost);
            await RelayRig.ClosedAsync(outgoing);
        }

        buffers.Lent.ShouldBe(0);
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task An_answer_that_is_none_ends_both_sides_by_name()
    {
        var (far, near) = await Streams.LinksAsync(TimeProvider.System);
        using var buffers = new LinkBufferPool();
        var directory = Directory.CreateTempSubdirectory("frw");
        var path = Path.Combine(directory.FullName, "out");
        await using (var source = SourceRelay.Start(
            path, far, buffers, TimeProvider.System, new PageWorkOptions()))
        {
            using var outgoing = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await outgoing.ConnectAsync(new UnixDomainSocketEndPoint(path), Guard.Token());
            await outgoing.SendAsync(Stream.AsMemory(0, 1_000), Guard.Token());
            using (var answer = buffers.Rent("test"))
            {
                answer.Payload[..100].Clear();
                near.Send(answer, 100);
            }

            var outcome = await source.Completion.Within();
            outcome.Reason.ShouldBe(AbortReason.ProtocolError);
            outcome.Detail.ShouldContain("Answer");
        }

        await near.DisposeAsync();
        directory.Delete(recursive: true);
    }

    /// <summary>The whole stream over, the return path back, both QEMUs close.</summary>
    private static async Task<byte[]> MoveAsync(RelayRig rig)
    {
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendAllAsync(outgoing);
        using var incoming = await rig.IncomingAsync();
        using var output = new MemoryStream();
        var into = new byte[65_536];
        for (int count; (count = await incoming.ReceiveAsync(into, Guard.Token())) > 0;)
        {
            if (output.Length == 0)
                await incoming.SendAsync(ReturnPath.AsMemory(0, 8), Guard.Token());
            output.Write(into, 0, count);
        }

        // It says that it has everything when it has: before, it would be one that gives up.
        await incoming.SendAsync(ReturnPath.AsMemory(8), Guard.Token());

        await sending.Within();
        (await RelayRig.ReceiveAsync(outgoing, ReturnPath.Length)).ShouldBe(ReturnPath);
        outgoing.Close();
        incoming.Close();
        var (source, target) = await rig.EndsAsync();
        source.ShouldBe(RelayOutcome.Completed);
        target.ShouldBe(RelayOutcome.Completed);
        return output.ToArray();
    }

    private static async Task SendAllAsync(Socket socket)
    {
        for (var left = Stream.AsMemory(); !left.IsEmpty;)
            left = left[await socket.SendAsync(left[..Math.Min(left.Length, 40_000)], Guard.Token())..];
        socket.Shutdown(SocketShutdown.Send);
    }
}
