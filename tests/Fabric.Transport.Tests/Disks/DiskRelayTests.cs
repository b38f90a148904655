using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Disks;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Disks;

public class DiskRelayTests
{
    [Fact]
    public async Task A_QEMU_that_stops_reading_stops_its_sender_and_nobody_else()
    {
        await using var rig = await DiskRig.PlainAsync();
        var (client, server) = await rig.OpenAsync();
        var all = new byte[40_000_000];
        var stopped = DiskRig.WriteAsync(client, all);
        for (var i = 0; i < 50; i++)
        {
            await DiskRig.WriteAsync(server, [(byte)i]);
            (await DiskRig.ReadAsync(client, 1)).ShouldBe([(byte)i]);
        }

        stopped.IsCompleted.ShouldBeFalse();
        rig.Source.Traffic.Sent.ShouldBeLessThan(Limits.Link.WindowBytes + 2_000_000);
        (await DiskRig.ReadAsync(server, all.Length)).Length.ShouldBe(all.Length);
        await stopped.Within();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_QEMU_that_takes_nothing_for_too_long_is_let_go_and_may_come_again(bool targetHangs)
    {
        var time = new ManualTime();
        await using var rig = await DiskRig.PlainAsync(time);
        var (client, server) = await rig.OpenAsync();
        var writing = targetHangs
            ? DiskRig.WriteAsync(client, new byte[30_000_000])
            : DiskRig.WriteAsync(server, new byte[5_000_000]);
        await time.AdvanceUntilAsync(Limits.DiskLink.StallCheckMs, Task.Run(async () =>
        {
            while (rig.Source.Traffic.Stalls + rig.Target.Traffic.Stalls == 0)
                await Task.Yield();
        }));
        await Should.ThrowAsync<SocketException>(writing.Within());
        client.Dispose();
        server.Dispose();
        var (again, there) = await rig.OpenAsync();
        await DiskRig.WriteAsync(again, [7]);
        (await DiskRig.ReadAsync(there, 1)).ShouldBe([7]);
    }

    [Fact]
    public async Task Where_no_QEMU_listens_the_source_is_closed_and_asked_again()
    {
        await using var rig = await DiskRig.PlainAsync();
        rig.CloseServer();
        for (var i = 0; i < 3; i++)
        {
            using var client = rig.Connect();
            (await DiskRig.ReadAllAsync(client)).ShouldBeEmpty();
        }

        rig.Source.Completion.IsCompleted.ShouldBeFalse();
        (await rig.Source.EndAsync().Within()).End.ShouldBe(RelayEnd.Completed);
    }

    [Fact]
    public async Task A_second_connection_waits_for_the_end_of_the_first()
    {
        await using var rig = await DiskRig.PlainAsync();
        var (client, server) = await rig.OpenAsync();
        using var second = rig.Connect();
        var accepting = rig.AcceptAsync();
        await DiskRig.WriteAsync(second, [2]);
        await DiskRig.WriteAsync(client, [1]);
        (await DiskRig.ReadAsync(server, 1)).ShouldBe([1]);
        accepting.IsCompleted.ShouldBeFalse();
        client.Dispose();
        (await DiskRig.ReadAllAsync(server)).ShouldBeEmpty();
        (await DiskRig.ReadAsync(await accepting, 1)).ShouldBe([2]);
    }

    [Fact]
    public async Task The_end_closes_a_conversation_that_is_under_way()
    {
        await using var rig = await DiskRig.PlainAsync();
        var (client, server) = await rig.OpenAsync();
        (await rig.Source.EndAsync().Within()).End.ShouldBe(RelayEnd.Completed);
        (await DiskRig.ReadAllAsync(client)).ShouldBeEmpty();
        (await DiskRig.ReadAllAsync(server)).ShouldBeEmpty();
        (await rig.Target.Completion.Within()).End.ShouldBe(RelayEnd.Completed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_abort_of_one_side_ends_the_other_with_its_reason(bool atSource)
    {
        await using var rig = await DiskRig.PlainAsync();
        var (client, server) = await rig.OpenAsync();
        await (atSource
            ? rig.Source.AbortAsync(AbortReason.Cancelled)
            : rig.Target.AbortAsync(AbortReason.Cancelled)).Within();
        (await DiskRig.ReadAllAsync(client)).ShouldBeEmpty();
        (await DiskRig.ReadAllAsync(server)).ShouldBeEmpty();
        var ends = await rig.EndsAsync();
        (ends.Source.Reason, ends.Target.Reason).ShouldBe((AbortReason.Cancelled, AbortReason.Cancelled));
    }

    [Fact]
    public async Task A_link_that_is_lost_closes_both_QEMUs()
    {
        var (a, b) = await Streams.PairAsync();
        await using var rig = new DiskRig(
            DataLink.Over(a, LinkChannel.Ram, TimeProvider.System),
            DataLink.Over(b, LinkChannel.ReturnPath, TimeProvider.System));
        var (client, server) = await rig.OpenAsync();
        a.Dispose();
        (await DiskRig.ReadAllAsync(client)).ShouldBeEmpty();
        (await DiskRig.ReadAllAsync(server)).ShouldBeEmpty();
        var ends = await rig.EndsAsync();
        (ends.Source.End, ends.Target.End).ShouldBe((RelayEnd.LinkLost, RelayEnd.LinkLost));
    }

    [Fact]
    public async Task An_end_of_the_link_that_is_not_this_sides_is_refused()
    {
        var (source, target) = await Streams.LinksAsync(TimeProvider.System);
        var path = Path.Combine(Directory.CreateTempSubdirectory("fd").FullName, "out");
        using var pool = new LinkBufferPool();
        await using var far = target;
        await using var relay = DiskSource.Start(path, source, pool, TimeProvider.System);
        var completing = BlockingThread.RunAsync("test end", target.Complete);
        (await relay.Completion.Within()).Reason.ShouldBe(AbortReason.ProtocolError);
        await completing.Within();
    }

    [Theory]
    [InlineData("00000000", "no head")]
    [InlineData("04000000", "no head")]
    [InlineData("01000001", "no head")]
    [InlineData("02000000", "no head")]
    [InlineData("0203ffed", "no head")]
    [InlineData("02ffffff", "no head")]
    [InlineData("03000001", "no head")]
    [InlineData("0200000107", "outside a conversation")]
    [InlineData("03000000", "outside a conversation")]
    [InlineData("0100000001000000", "out of turn")]
    [InlineData("010000000300000003000000", "outside a conversation")]
    public async Task A_peer_that_says_what_may_not_be_said_is_refused_by_name(string bytes, string fault)
    {
        var (source, target) = await Streams.LinksAsync(TimeProvider.System);
        await using var near = source;
        var directory = Directory.CreateTempSubdirectory("fd");
        using var pool = new LinkBufferPool();
        await using (var relay = DiskTarget.Start(
            Path.Combine(directory.FullName, "nbd"), target, pool, TimeProvider.System))
        {
            using var buffer = pool.Rent("test");
            var said = Convert.FromHexString(bytes);
            said.CopyTo(buffer.Payload);
            await source.SendAsync(buffer, said.Length);
            var outcome = await relay.Completion.Within();
            outcome.Reason.ShouldBe(AbortReason.ProtocolError);
            outcome.Detail.ShouldContain(fault);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public void Pieces_are_read_whatever_lengths_they_come_in()
    {
        var said = Convert.FromHexString("01000000" + "02000003aabbcc" + "0200000111" + "03000000" + "01000000");
        for (var step = 1; step <= said.Length; step++)
        {
            var reader = new DiskPieceReader();
            var heard = "";
            for (var at = 0; at < said.Length; at += step)
            {
                ReadOnlySpan<byte> came = said.AsSpan(at, Math.Min(step, said.Length - at));
                while (reader.TryTake(ref came, out var type, out var bytes))
                    heard += type == DiskPieceType.Data ? Convert.ToHexStringLower(bytes) : $"<{type}>";
            }

            heard.ShouldBe("<Open>aabbcc11<Close><Open>");
            reader.IsBetween.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_link_of_the_wrong_end_is_refused_and_stays_the_callers()
    {
        var (source, target) = await Streams.LinksAsync(TimeProvider.System);
        using var pool = new LinkBufferPool();
        Should.Throw<ArgumentException>(() => DiskSource.Start("/tmp/x", target, pool, TimeProvider.System));
        Should.Throw<ArgumentException>(() => DiskTarget.Start("/tmp/x", source, pool, TimeProvider.System));
        Should.Throw<ArgumentException>(
            () => DiskTarget.Start(new string('x', Limits.Relay.SocketPathMax + 1), target, pool, TimeProvider.System));
        await source.DisposeAsync();
        await target.DisposeAsync();
    }
}
