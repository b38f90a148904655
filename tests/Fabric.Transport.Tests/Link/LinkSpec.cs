using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Link;

/// <summary>
/// What a link is, whatever carries it: every byte in order and once, through cuts at any place, in bounded memory; and
/// nobody else gets in.
/// </summary>
public abstract class LinkSpec
{
    private static readonly LinkTerms Terms = new(HeartbeatMs: 200);

    /// <summary>Frames of all lengths that matter.</summary>
    private static readonly int[] Sizes =
    [
        1, 2, 15, 16, 17, 4096, Limits.Link.PackedMax - 1, Limits.Link.PackedMax, Limits.Link.PackedMax + 1,
        Limits.Relay.PayloadMax - 1, Limits.Relay.PayloadMax, 3,
    ];

    /// <summary>Every so many bytes a place to cut at.</summary>
    protected abstract int CutStep { get; }

    internal abstract LinkRig Rig(LinkTerms terms);

    [Fact]
    public async Task Bytes_arrive_in_order_and_once_both_ways()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        await Traffic.BothWaysAsync(source, target, [.. Sizes, .. Enumerable.Repeat(70_000, 200)], Sizes);
        rig.Dials.ShouldBe(0);
    }

    [Fact]
    public async Task A_frame_has_one_byte_at_least_and_at_most_what_the_wire_allows()
    {
        await using var rig = Rig(Terms);
        var (source, _) = await rig.OpenAsync();
        using var pool = new LinkBufferPool();
        using var buffer = pool.Rent("test");
        foreach (var length in new[] { 0, -1, Limits.Relay.PayloadMax + 1, int.MinValue, int.MaxValue })
            Should.Throw<ArgumentOutOfRangeException>(() => source.Send(buffer, length));
        Should.Throw<ArgumentException>(() => source.Receive(default));
    }

    /// <summary>At every place of a first connection, in every frame and between all, from either side.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_at_any_byte_costs_nothing_but_time(bool whileWriting)
    {
        int[] there = [1, 30, 2, 100, 7], back = [5, 1, 20];

        // From the first byte behind the hello to well behind the last.
        for (var at = 0; at < 520; at += CutStep)
        {
            await using var rig = Rig(Terms);
            var (source, target) = await rig.OpenAsync();
            var first = rig.Made.First().Source;
            first.CutAfter(whileWriting ? at : long.MaxValue, whileWriting ? long.MaxValue : at);
            await Traffic.BothWaysAsync(source, target, there, back);
        }
    }

    [Fact]
    public async Task Large_frames_survive_cuts_in_their_middle()
    {
        var random = new Random(11);
        await using var rig = Rig(Terms);
        rig.Making = (number, near, far) =>
        {
            if (number is 0 or > 12)
                return;
            near.CutAfter(5_000 + random.Next(600_000));
        };
        var (source, target) = await rig.OpenAsync();
        rig.Made.First().Source.CutAfter(300_000);
        await Traffic.BothWaysAsync(source, target, [.. Enumerable.Repeat(Limits.Relay.PayloadMax, 40)], Sizes);
        rig.Dials.ShouldBeGreaterThan(2);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Several_connections_carry_one_stream_through_cuts_of_each(int connections)
    {
        var random = new Random(connections);
        await using var rig = Rig(Terms with { Connections = connections });
        rig.Making = (number, near, far) =>
        {
            if (number is 0 or > 20)
                return;
            (number % 2 == 0 ? near : far).CutAfter(3_000 + random.Next(900_000), 3_000 + random.Next(900_000));
        };
        var (source, target) = await rig.OpenAsync();
        await Traffic.BothWaysAsync(
            source, target, [.. Enumerable.Range(0, 600).Select(i => 1 + (i * 7919 % Limits.Relay.PayloadMax / 4))],
            [.. Enumerable.Repeat(3_000, 200)]);
    }

    [Fact]
    public async Task While_it_is_cut_it_says_so_and_keeps_a_bounded_number_of_bytes()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        rig.IsShut = true;
        rig.Cut();
        await EventuallyAsync(() => source.DownFor is not null && target.DownFor is not null);
        var all = Traffic.BothWaysAsync(source, target, [.. Enumerable.Repeat(200_000, 100)], Sizes);
        source.BytesSent.ShouldBeLessThan(1_000);
        all.IsCompleted.ShouldBeFalse();
        source.Connections.ShouldBe(0);
        rig.IsShut = false;
        await all;
        source.DownFor.ShouldBeNull();
    }

    [Fact]
    public async Task A_cut_of_which_nobody_heard_is_found_by_silence()
    {
        await using var rig = Rig(new LinkTerms(HeartbeatMs: Limits.Link.HeartbeatMsMin));
        var (source, target) = await rig.OpenAsync();
        var (near, far) = rig.Made.First();
        near.Freeze();
        far.Freeze();
        await Traffic.BothWaysAsync(source, target, Sizes, Sizes);
        rig.Dials.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Signs_of_life_keep_a_silent_link_and_measure_it()
    {
        await using var rig = Rig(new LinkTerms(HeartbeatMs: Limits.Link.HeartbeatMsMin));
        var (source, target) = await rig.OpenAsync();
        await EventuallyAsync(() => source.RoundTrip is not null && target.RoundTrip is not null);
        rig.Dials.ShouldBe(0);
        await Traffic.BothWaysAsync(source, target, Sizes, Sizes);
    }

    [Fact]
    public async Task After_its_time_without_a_connection_it_is_lost_for_good()
    {
        await using var rig = Rig(new LinkTerms(ReconnectForMs: 300));
        var (source, target) = await rig.OpenAsync();
        var (there, back) = (Traffic.ReceiveAsync(target), Traffic.ReceiveAsync(source));
        rig.IsShut = true;
        rig.Cut();
        foreach (var waiting in new[] { there, back })
        {
            var error = await Should.ThrowAsync<LinkException>(() => waiting.Within());
            error.Fault.ShouldBe(LinkFault.Cut);
            error.Message.ShouldContain("given up");
        }

        using var pool = new LinkBufferPool();
        using var buffer = pool.Rent("test");
        Should.Throw<LinkException>(() => source.Send(buffer, 1)).Fault.ShouldBe(LinkFault.Cut);
        Should.Throw<LinkException>(source.Complete).Fault.ShouldBe(LinkFault.Cut);
    }

    [Fact]
    public async Task A_target_that_has_forgotten_the_link_ends_it_at_once()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        rig.IsShut = true;
        var waiting = Traffic.ReceiveAsync(source);
        rig.Cut();
        await target.AbortAsync(AbortReason.Shutdown);
        rig.IsShut = false;
        (await Should.ThrowAsync<LinkException>(() => waiting.Within())).Message.ShouldContain("TicketExpired");
    }

    [Fact]
    public async Task A_peer_that_stops_reading_stops_its_own_channel_and_no_other()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        var stuck = Traffic.SendAsync(source, [.. Enumerable.Repeat(100_000, 1_000)]);
        await EventuallyAsync(() => source.StillFor > TimeSpan.FromMilliseconds(300));
        stuck.IsCompleted.ShouldBeFalse();
        source.BytesSent.ShouldBeLessThan(Limits.Link.WindowBytes + 400_000);

        int[] sizes = [10, 100_000, 3, 200_000, 200_000, 200_000, 200_000, 200_000, 200_000];
        var control = Traffic.SendAsync(source, sizes, LinkChannels.ControlForward);
        (await Traffic.ReceiveAsync(target, LinkChannels.ControlForward).Within()).ShouldBe(sizes.Sum());
        await control.Within();
        var back = Traffic.SendAsync(target, sizes);
        (await Traffic.ReceiveAsync(source).Within()).ShouldBe(sizes.Sum());
        await back.Within();

        (await Traffic.ReceiveAsync(target).Within()).ShouldBe(100_000_000);
        await stuck.Within();
    }

    [Fact]
    public async Task The_number_of_connections_can_change_under_way()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        var sending = Traffic.SendAsync(source, [.. Enumerable.Repeat(50_000, 3_000)]);
        var receiving = Traffic.ReceiveAsync(target);
        source.Want(4);
        await EventuallyAsync(() => source.Connections == 4 && target.Connections == 4);
        source.Want(2);
        await EventuallyAsync(() => source.Connections == 2 && target.Connections == 2);
        source.Want(1);
        await EventuallyAsync(() => source.Connections == 1);
        await sending.Within();
        (await receiving.Within()).ShouldBe(150_000_000);
    }

    [Fact]
    public async Task One_direction_may_end_while_the_other_goes_on_and_is_cut()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        var ended = Traffic.SendAsync(source, [10]);
        (await Traffic.ReceiveAsync(target).Within()).ShouldBe(10);
        await ended.Within();
        rig.Cut();
        var back = Traffic.SendAsync(target, Sizes);
        (await Traffic.ReceiveAsync(source).Within()).ShouldBe(Sizes.Sum());
        await back.Within();
        rig.Cut();
        await source.DisposeAsync();
        await target.DisposeAsync();
    }

    [Fact]
    public async Task Bytes_that_drip_one_by_one_arrive()
    {
        await using var rig = Rig(Terms);
        rig.Making = (_, near, far) =>
        {
            near.Drip();
            far.Drip();
        };
        var (source, target) = await rig.OpenAsync();
        await Traffic.BothWaysAsync(source, target, [1, 2, 3, 400, 1], [1, 50]);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_asked_for_again()
    {
        await using var rig = Rig(Terms);
        var ticket = rig.Tickets.Issue(LinkRig.Migration, 1, LinkRig.SourceHost);
        var open = Hello.Open(LinkRig.Migration, 1, LinkPurpose.Memory, ticket, rig.Secret);

        // The target has the hello, and its ticket is spent; the source never hears of it.
        rig.Connect(open).Close();
        var stranger = Hello.Open(LinkRig.Migration, 1, LinkPurpose.Memory, ticket, LinkSecret.For([1], ticket));
        Should.Throw<LinkException>(() => rig.Connect(stranger)).Code.ShouldBe(HelloCode.TicketUsed);

        var source = rig.Source(rig.Connect(open));
        var target = (DataLink)await rig.Tickets.TakeAsync(ticket, Guard.Token()).Within();
        await Traffic.BothWaysAsync(source, target, Sizes, Sizes);
    }

    [Fact]
    public async Task Nobody_else_gets_in_and_the_link_is_not_disturbed()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        var sending = Traffic.SendAsync(source, [.. Enumerable.Repeat(40_000, 2_000)]);
        var receiving = Traffic.ReceiveAsync(target);
        var own = LinkSecret.For([9], new Ticket(new byte[32]));
        var join = Hello.Join(LinkRig.Migration, 1, LinkPurpose.Memory, rig.Secret, 0, 5);

        CodeOf(Hello.Join(LinkRig.Migration, 1, LinkPurpose.Memory, own, 0, 1)).ShouldBe(HelloCode.UnknownTicket);
        CodeOf(Hello.Join(LinkRig.Migration, 2, LinkPurpose.Memory, rig.Secret, 0, 1)).ShouldBe(HelloCode.UnknownTicket);
        CodeOf(Hello.Join(MigrationId.Of("m-8"), 1, LinkPurpose.Memory, rig.Secret, 0, 1)).ShouldBe(HelloCode.UnknownTicket);

        // A proof is of one connection and one try: moved to another, it is none.
        CodeOf(join with { Slot = 1 }).ShouldBe(HelloCode.UnknownTicket);
        CodeOf(join with { Number = 6 }).ShouldBe(HelloCode.UnknownTicket);
        CodeOf(join with { Purpose = LinkPurpose.OfDisk(0) }).ShouldBe(HelloCode.WrongPurpose);
        CodeOf(Hello.Join(LinkRig.Migration, 1, LinkPurpose.OfDisk(0), rig.Secret, 0, 5)).ShouldBe(HelloCode.UnknownTicket);
        if (HasForeignHosts)
            CodeOf(join, "host-c").ShouldBe(HelloCode.WrongPeer);

        await sending.Within();
        (await receiving.Within()).ShouldBe(80_000_000);
        rig.Dials.ShouldBe(0);
        await target.AbortAsync(AbortReason.Cancelled);
        CodeOf(join).ShouldBe(HelloCode.TicketExpired);

        HelloCode? CodeOf(Hello hello, string from = "host-a") =>
            Should.Throw<LinkException>(() => rig.Connect(hello, from)).Code;
    }

    [Fact]
    public async Task A_proof_is_good_once()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        rig.IsShut = true;
        rig.Cut();
        await EventuallyAsync(() => source.DownFor is not null && target.DownFor is not null);
        rig.IsShut = false;
        await EventuallyAsync(() => source.Connections == 1 && target.Connections == 1);
        for (var number = 1; number <= rig.Dials; number++)
        {
            var used = Hello.Join(LinkRig.Migration, 1, LinkPurpose.Memory, rig.Secret, 0, number);
            Should.Throw<LinkException>(() => rig.Connect(used)).Code.ShouldBe(HelloCode.TicketUsed);
        }

        await Traffic.BothWaysAsync(source, target, Sizes, Sizes);
    }

    [Fact]
    public async Task A_thousand_strangers_do_not_disturb_a_link()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        var sending = Traffic.SendAsync(source, [.. Enumerable.Repeat(40_000, 500)]);
        var own = LinkSecret.For([9], new Ticket(new byte[32]));
        for (var i = 1; i <= Strangers; i++)
        {
            var hello = Hello.Join(LinkRig.Migration, 1, LinkPurpose.Memory, own, i % Limits.Link.ConnectionsMax, i);
            Should.Throw<LinkException>(() => rig.Connect(hello)).Code.ShouldBe(HelloCode.UnknownTicket);
        }

        (await Traffic.ReceiveAsync(target).Within()).ShouldBe(20_000_000);
        await sending.Within();
        rig.Dials.ShouldBe(0);
        source.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task An_abort_reaches_the_other_side_with_its_reason()
    {
        await using var rig = Rig(Terms);
        var (source, target) = await rig.OpenAsync();
        var waiting = Traffic.ReceiveAsync(source);
        await target.AbortAsync(AbortReason.TargetClosed);
        var error = await Should.ThrowAsync<LinkException>(() => waiting.Within());
        error.Fault.ShouldBe(LinkFault.Aborted);
        error.Reason.ShouldBe(AbortReason.TargetClosed);
    }

    /// <summary>Whether the rig can come as another host.</summary>
    protected virtual bool HasForeignHosts => true;

    protected virtual int Strangers => 1_000;

    private static async Task EventuallyAsync(Func<bool> isTrue)
    {
        var patience = Guard.Token();
        while (!isTrue())
        {
            patience.ThrowIfCancellationRequested();
            await Task.Delay(5, patience);
        }
    }
}
