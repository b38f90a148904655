namespace Fabric.Protocol.Tests.Link;

public class ChannelReceiverTests
{
    private static readonly Strictness Ordered = new(Ordered: true, AfterLoss: false);
    private static readonly Strictness Striped = new(Ordered: false, AfterLoss: false);
    private static readonly Strictness AfterLoss = new(Ordered: false, AfterLoss: true);
    private readonly ChannelReceiver _receiver = new(windowBytes: 160, framesMax: 3);

    [Fact]
    public void With_one_connection_only_the_next_byte_is_taken()
    {
        Come(0, 10);
        _receiver.Judge(10, 5, again: true, Ordered).Kind.ShouldBe(ArrivalKind.InOrder);
        FaultOf(11, 5, Ordered).ShouldBe(FrameFault.Gap);
        FaultOf(9, 5, Ordered).ShouldBe(FrameFault.Duplicate);
        FaultOf(0, 10, Ordered).ShouldBe(FrameFault.Duplicate);
        FaultOf(0, 10, new Strictness(Ordered: true, AfterLoss: true)).ShouldBe(FrameFault.Duplicate);
    }

    [Fact]
    public void With_several_connections_frames_are_put_in_order()
    {
        _receiver.Judge(10, 10, again: false, Striped).Kind.ShouldBe(ArrivalKind.Ahead);
        _receiver.TryKeep(10, 10, tag: 1).ShouldBeTrue();
        _receiver.TryKeep(20, 10, tag: 2).ShouldBeTrue();
        _receiver.TryNext(out _, out _, out _).ShouldBeFalse();
        Come(0, 10);
        foreach (var tag in new[] { 1, 2 })
        {
            _receiver.TryNext(out var offset, out var length, out var next).ShouldBeTrue();
            next.ShouldBe(tag);
            _receiver.Advance(offset, length).ShouldBe(0);
        }

        (_receiver.Contiguous, _receiver.AheadCount).ShouldBe((30, 0));
    }

    [Fact]
    public void A_frame_that_comes_twice_is_refused_unless_a_connection_was_lost()
    {
        Come(0, 10);
        _receiver.TryKeep(20, 10, tag: 1);
        foreach (var (offset, length) in new[] { (0L, 10), (20L, 10) })
        {
            FaultOf(offset, length, Striped).ShouldBe(FrameFault.Duplicate);
            _receiver.Judge(offset, length, again: false, AfterLoss).Kind.ShouldBe(ArrivalKind.Duplicate);
            _receiver.Judge(offset, length, again: true, Striped).Kind.ShouldBe(ArrivalKind.Duplicate);
        }

        _receiver.Judge(5, 10, again: true, AfterLoss).ShouldBe(new Arrival(ArrivalKind.InOrder, 5, FrameFault.None));
        FaultOf(25, 10, AfterLoss).ShouldBe(FrameFault.Overlap);
        _receiver.TryKeep(20, 10, tag: 2).ShouldBeFalse();
        _receiver.Advance(0, 10).ShouldBe(10);
    }

    [Fact]
    public void No_more_waits_than_the_window_holds_and_credit_comes_back_with_reading()
    {
        FaultOf(0, 161, Striped).ShouldBe(FrameFault.BeyondCredit);
        FaultOf(160, 1, Striped).ShouldBe(FrameFault.BeyondCredit);
        Come(0, 160);
        _receiver.TakeAck().ShouldBe((160, 160));
        FaultOf(160, 1, Striped).ShouldBe(FrameFault.BeyondCredit);
        _receiver.Deliver(50);
        FaultOf(160, 1, Striped).ShouldBe(FrameFault.BeyondCredit, "it was not told of yet");
        _receiver.TakeAck().ShouldBe((160, 210));
        _receiver.Judge(160, 50, again: false, Striped).Kind.ShouldBe(ArrivalKind.InOrder);
        Should.Throw<InvalidOperationException>(() => _receiver.Deliver(111));
    }

    [Fact]
    public void Frames_ahead_are_bounded()
    {
        for (var i = 1; i <= 3; i++)
            _receiver.TryKeep(10 * i, 5, tag: i);
        FaultOf(100, 5, Striped).ShouldBe(FrameFault.TooManyAhead);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Limits.Link.OffsetMax + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_number_out_of_range_never_wraps_around(long offset) =>
        FaultOf(offset, Limits.Relay.PayloadMax, Striped).ShouldBe(FrameFault.OffsetRange);

    [Fact]
    public void The_end_is_one_and_behind_all_bytes()
    {
        Come(0, 10);
        _receiver.End(9, again: false, Ordered).ShouldBe(FrameFault.EarlyEnd);
        _receiver.End(11, again: false, Ordered).ShouldBe(FrameFault.Gap);
        _receiver.TryKeep(20, 5, tag: 1);
        _receiver.End(22, again: false, Striped).ShouldBe(FrameFault.EarlyEnd);
        _receiver.End(25, again: false, Striped).ShouldBe(FrameFault.None);
        _receiver.HasEnded.ShouldBeFalse();
        _receiver.End(25, again: false, Striped).ShouldBe(FrameFault.SecondEnd);
        _receiver.End(26, again: true, AfterLoss).ShouldBe(FrameFault.SecondEnd);
        _receiver.End(25, again: true, AfterLoss).ShouldBe(FrameFault.None);
        FaultOf(25, 1, Striped).ShouldBe(FrameFault.AfterEnd);
        Come(10, 15);
        _receiver.HasEnded.ShouldBeTrue();
        _receiver.Received.ShouldBe(26);
    }

    [Fact]
    public void It_acknowledges_at_once_when_much_came_or_the_end_and_else_when_there_is_time()
    {
        Come(0, 9);
        _receiver.OwesAck(soon: false).ShouldBeFalse();
        _receiver.OwesAck(soon: true).ShouldBeTrue();
        Come(9, 1);
        _receiver.OwesAck(soon: false).ShouldBeTrue();
        _receiver.TakeAck();
        _receiver.OwesAck(soon: true).ShouldBeFalse();
        _receiver.End(10, again: false, Ordered);
        _receiver.OwesAck(soon: false).ShouldBeTrue();
    }

    private void Come(long offset, int count) => _receiver.Advance(offset, count).ShouldBe(0);

    private FrameFault FaultOf(long offset, int length, Strictness strictness)
    {
        var arrival = _receiver.Judge(offset, length, again: false, strictness);
        arrival.Kind.ShouldBe(ArrivalKind.Refused);
        return arrival.Fault;
    }
}
