using System.Net.Sockets;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Relay;
using Fabric.Transport.Tests.Pages;
using Fabric.Transport.Tests.Pages.Store;
using Fabric.Transport.Tests.Pages.Work;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Relay;

/// <summary>
/// A target's QEMU dies between two real relays, and another one listens in its place. The source hears nothing of it
/// but a pause.
/// </summary>
public sealed class RefillRelayTests : IDisposable
{
    private static readonly byte[] Pong = Convert.FromHexString("0002000400000001");
    private static readonly byte[] Shut = Convert.FromHexString("0001000400000000");

    // 1,325,480 bytes, the last copy from 1.2 million on. Half a million can be on their way to a QEMU that reads no more.
    private static readonly byte[] Stream = Capture.Short("light128");
    private readonly StoreRig _stores = new(keep: false);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("frf");
    private int _made;

    public void Dispose()
    {
        _stores.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40_000)]
    [InlineData(73_000)]
    [InlineData(300_000)]
    public async Task The_stream_goes_on_to_another_QEMU_whatever_the_first_one_had_taken(int taken)
    {
        await using var rig = await RigAsync();
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendAsync(outgoing, Stream);
        using (var first = await rig.IncomingAsync())
        {
            await RelayRig.ReceiveAsync(first, taken);

            // It dies with half a message under way.
            await first.SendAsync(Pong, Guard.Token());
            await first.SendAsync(Pong.AsMemory(0, 5), Guard.Token());
            first.Close();
        }

        var (path, second) = Listen();
        var replaced = rig.Target.ReplaceAsync(path);
        using var socket = await second.AcceptAsync(Guard.Token());
        var output = await TakeAllAsync(socket, [.. Pong, .. Shut]);
        (await replaced.Within()).ShouldBe(RefillRefusal.None);
        await sending.Within();
        GuestImage.Of(output).ShouldHoldWhat(GuestImage.Of(Stream));

        // Whole messages and one end; what the first one said last may be lost with it, for the second says it too.
        var said = await RelayRig.ReceiveAsync(outgoing, 16);
        if (said.AsSpan(8).SequenceEqual(Pong))
            said = [.. said[..8], .. await RelayRig.ReceiveAsync(outgoing, 8)];
        said.ShouldBe([.. Pong, .. Shut]);
        outgoing.Close();
        socket.Close();
        var (source, target) = await rig.EndsAsync();
        (source, target).ShouldBe((RelayOutcome.Completed, RelayOutcome.Completed));
        rig.Buffers.Lent.ShouldBe(0);
    }

    [Fact]
    public async Task A_QEMU_that_dies_while_nothing_comes_is_followed_at_once_and_not_with_the_next_byte()
    {
        await using var rig = await RigAsync();
        using var outgoing = await rig.OutgoingAsync();
        await outgoing.SendAsync(Stream.AsMemory(0, 400_000), Guard.Token());
        var first = await rig.IncomingAsync();
        await RelayRig.ReceiveAsync(first, 80_000);
        await QuietAsync(rig, first);
        first.Close();
        var (path, second) = Listen();
        var replaced = rig.Target.ReplaceAsync(path);
        using var socket = await second.AcceptAsync(Guard.Token());
        var taking = TakeAllAsync(socket, Shut);
        (await replaced.Within()).ShouldBe(RefillRefusal.None);
        await SendAsync(outgoing, Stream.AsMemory(400_000)).Within();
        GuestImage.Of(await taking.Within()).ShouldHoldWhat(GuestImage.Of(Stream));
        (await RelayRig.ReceiveAsync(outgoing, 8)).ShouldBe(Shut);
    }

    [Fact]
    public async Task One_that_died_before_the_first_byte_is_only_connected_elsewhere()
    {
        await using var rig = await RigAsync();
        rig.CloseIncoming();
        var (path, second) = Listen();
        (await rig.Target.ReplaceAsync(path).Within()).ShouldBe(RefillRefusal.None);
        rig.Target.FirstBytes.IsCompleted.ShouldBeFalse();
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendAsync(outgoing, Stream);
        using var socket = await second.AcceptAsync(Guard.Token());
        GuestImage.Of(await TakeAllAsync(socket, Shut)).ShouldBeLike(GuestImage.Of(Stream));
        await sending.Within();
    }

    [Fact]
    public async Task One_that_takes_no_connection_is_waited_for_and_the_next_gets_all()
    {
        await using var rig = await RigAsync();
        rig.CloseIncoming();
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendAsync(outgoing, Stream);
        var (path, second) = Listen();
        var replaced = rig.Target.ReplaceAsync(path);
        using var socket = await second.AcceptAsync(Guard.Token());
        GuestImage.Of(await TakeAllAsync(socket, Shut)).ShouldHoldWhat(GuestImage.Of(Stream));
        (await replaced.Within()).ShouldBe(RefillRefusal.None);
        await sending.Within();
    }

    [Fact]
    public async Task One_after_the_other_may_die()
    {
        await using var rig = await RigAsync();
        using var outgoing = await rig.OutgoingAsync();
        await outgoing.SendAsync(Stream.AsMemory(0, 100_000), Guard.Token());
        var socket = await rig.IncomingAsync();
        for (var i = 1; i <= 3; i++)
        {
            await RelayRig.ReceiveAsync(socket, 30_000);
            socket.Close();
            var (path, next) = Listen();
            var replaced = rig.Target.ReplaceAsync(path);
            socket = await next.AcceptAsync(Guard.Token());
            (await RelayRig.ReceiveAsync(socket, 4)).ShouldBe("QEVM"u8.ToArray());
            (await replaced.Within()).ShouldBe(RefillRefusal.None);
            await outgoing.SendAsync(Stream.AsMemory(100_000 * i, 100_000), Guard.Token());
        }

        var taking = TakeAllAsync(socket, Shut);
        await SendAsync(outgoing, Stream.AsMemory(400_000)).Within();
        var rest = await taking.Within();
        GuestImage.Of([.. "QEVM"u8, .. rest]).ShouldHoldWhat(GuestImage.Of(Stream));
    }

    [Fact]
    public async Task Without_a_store_the_relay_ends_as_soon_as_QEMU_dies()
    {
        await using var rig = await RelayRig.PlainAsync(work: new(new(), new()));
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendUntilClosedAsync(outgoing);
        using (var first = await rig.IncomingAsync())
            await RelayRig.ReceiveAsync(first, 300_000);
        var (source, target) = await rig.EndsAsync();
        (source.End, target.End).ShouldBe((RelayEnd.TargetClosed, RelayEnd.TargetClosed));
        (await rig.Target.ReplaceAsync("/nowhere").Within()).ShouldBe(RefillRefusal.Ended);
        await sending.Within();
    }

    [Fact]
    public async Task A_second_one_that_takes_no_connection_ends_the_relay()
    {
        await using var rig = await RigAsync();
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendUntilClosedAsync(outgoing);
        using (var first = await rig.IncomingAsync())
            await RelayRig.ReceiveAsync(first, 300_000);
        (await rig.Target.ReplaceAsync(Path.Combine(_directory.FullName, "nobody")).Within())
            .ShouldBe(RefillRefusal.Unfilled);
        var (source, target) = await rig.EndsAsync();
        (source.End, target.End).ShouldBe((RelayEnd.TargetClosed, RelayEnd.TargetClosed));
        target.Detail.ShouldContain("Unfilled");
        await sending.Within();
    }

    [Fact]
    public async Task One_that_is_not_followed_in_time_ends_the_relay_by_name()
    {
        var time = new ManualTime();
        await using var rig = await RigAsync(time);
        using var outgoing = await rig.OutgoingAsync();
        await outgoing.SendAsync(Stream.AsMemory(0, 400_000), Guard.Token());
        var first = await rig.IncomingAsync();
        await RelayRig.ReceiveAsync(first, 80_000);
        await QuietAsync(rig, first);
        first.Close();

        // It is noticed when it is noticed; the clock goes on until it is over.
        while (!rig.Target.Completion.IsCompleted)
        {
            time.Advance(1_000);
            await Task.Yield();
        }

        var outcome = await rig.Target.Completion;
        outcome.End.ShouldBe(RelayEnd.TargetClosed);
        outcome.Detail.ShouldContain("none took its place");
    }

    [Fact]
    public async Task An_end_of_the_transfer_frees_whoever_waits_for_another()
    {
        await using var rig = await RigAsync();
        using var outgoing = await rig.OutgoingAsync();
        var sending = SendUntilClosedAsync(outgoing);
        using (var first = await rig.IncomingAsync())
            await RelayRig.ReceiveAsync(first, 300_000);
        _ = rig.Target.AbortAsync(AbortReason.Cancelled);
        var (source, target) = await rig.EndsAsync();
        (source.End, target.End).ShouldBe((RelayEnd.Aborted, RelayEnd.Aborted));
        await sending.Within();
    }

    [Fact]
    public async Task A_page_that_was_damaged_in_the_store_never_reaches_the_second_one()
    {
        await using var rig = await RigAsync();
        using var outgoing = await rig.OutgoingAsync();
        await outgoing.SendAsync(Stream.AsMemory(0, 400_000), Guard.Token());
        var first = await rig.IncomingAsync();
        await RelayRig.ReceiveAsync(first, 80_000);
        await QuietAsync(rig, first);
        FlipEveryPage(_stores.File("pages"));
        first.Close();
        var (path, second) = Listen();
        var replaced = rig.Target.ReplaceAsync(path);
        using var socket = await second.AcceptAsync(Guard.Token());
        await RelayRig.ClosedAsync(socket);
        (await replaced.Within()).ShouldBe(RefillRefusal.Store);
        (await rig.Target.Completion.Within()).End.ShouldBe(RelayEnd.TargetClosed);
    }

    private Task<RelayRig> RigAsync(TimeProvider? time = null) => RelayRig.PlainAsync(
        time, new(new(), new(), TargetStore: _stores.Stores.For(StoreRig.Vm, "m-1/1")));

    private (string Path, Socket Listener) Listen()
    {
        var path = Path.Combine(_directory.FullName, $"in{++_made}");
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        return (path, listener);
    }

    /// <summary>Everything that was sent so far has been made and given.</summary>
    private static async Task QuietAsync(RelayRig rig, Socket into)
    {
        var given = -1L;
        while (given != rig.Target.Traffic.Forward || into.Available > 0)
        {
            given = rig.Target.Traffic.Forward;
            if (into.Available > 0)
                await RelayRig.ReceiveAsync(into, into.Available);
            for (var i = 0; i < 200; i++)
                await Task.Yield();
        }
    }

    private static async Task<byte[]> TakeAllAsync(Socket socket, byte[] answer)
    {
        using var output = new MemoryStream();
        var into = new byte[65_536];
        for (int count; (count = await socket.ReceiveAsync(into, Guard.Token())) > 0;)
            output.Write(into, 0, count);
        await socket.SendAsync(answer, Guard.Token());
        return output.ToArray();
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        for (var left = bytes; !left.IsEmpty;)
            left = left[await socket.SendAsync(left[..Math.Min(left.Length, 40_000)], Guard.Token())..];
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task SendUntilClosedAsync(Socket socket)
    {
        try
        {
            await SendAsync(socket, Stream);
            await RelayRig.ClosedAsync(socket);
        }
        catch (SocketException)
        {
        }
    }

    private static void FlipEveryPage(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (long at = 17; at < file.Length; at += 4096)
        {
            file.Position = at;
            var value = file.ReadByte();
            file.Position = at;
            file.WriteByte((byte)(value ^ 4));
        }
    }
}
