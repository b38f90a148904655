namespace Fabric.Protocol.Tests.Link;

public class ChannelSenderTests
{
    private readonly ChannelSender _sender = new(windowBytes: 100, framesMax: 4);

    [Fact]
    public void What_is_kept_is_bounded_in_bytes_and_in_frames()
    {
        _sender.Add(60);
        _sender.HasRoom(40).ShouldBeTrue();
        _sender.HasRoom(41).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => _sender.Add(41));
        for (var i = 0; i < 3; i++)
            _sender.Add(1);
        _sender.HasRoom(1).ShouldBeFalse();
        Take(0);
        _sender.Acknowledge(60, 160).ShouldBe(FrameFault.None);
        _sender.HasRoom(1).ShouldBeTrue();
    }

    [Fact]
    public void A_frame_waits_for_the_receivers_credit()
    {
        _sender.Add(60);
        Take(0).Length.ShouldBe(60);
        _sender.Acknowledge(60, 100);
        _sender.Add(60);
        _sender.TryTake(0, out _).ShouldBeFalse();
        _sender.CanTake.ShouldBeFalse();
        _sender.Waiting.ShouldBe(1);
        _sender.Acknowledge(60, 120);
        Take(0).Offset.ShouldBe(60);
    }

    [Fact]
    public void What_was_lost_goes_again_first_and_in_order_from_the_byte_that_is_missing()
    {
        foreach (var length in new[] { 10, 20, 30 })
            _sender.Add(length);
        Take(0);
        Take(1);
        Take(0);
        _sender.Lose(0);
        _sender.Waiting.ShouldBe(2);
        _sender.Acknowledge(4, 100);
        Take(1).ShouldBe(new OutFrame(0, 0, 4, 6, Again: true));
        Take(1).ShouldBe(new OutFrame(2, 30, 0, 30, Again: true));
        _sender.TryTake(1, out _).ShouldBeFalse();
    }

    [Fact]
    public void What_was_lost_and_is_acknowledged_by_another_way_does_not_go_again()
    {
        _sender.Add(10);
        _sender.Add(10);
        Take(0);
        Take(1);
        _sender.Lose(0);
        _sender.Acknowledge(10, 110);
        _sender.Waiting.ShouldBe(0);
        _sender.FirstKept.ShouldBe(1);
        _sender.Uses(0).ShouldBeFalse();
        _sender.Uses(1).ShouldBeTrue();
    }

    [Theory]
    [InlineData(-1, 100, FrameFault.AckOfUnsent)]
    [InlineData(11, 111, FrameFault.AckOfUnsent)]
    [InlineData(long.MaxValue, long.MaxValue, FrameFault.AckOfUnsent)]
    [InlineData(10, 8, FrameFault.BadCredit)]
    [InlineData(10, 111, FrameFault.BadCredit)]
    [InlineData(10, long.MinValue, FrameFault.BadCredit)]
    [InlineData(10, 110, FrameFault.None)]
    [InlineData(0, 100, FrameFault.None)]
    public void An_acknowledgement_is_of_what_was_sent_and_within_the_window(long received, long limit, FrameFault fault)
    {
        _sender.Add(10);
        _sender.Add(10);
        Take(0);
        _sender.Acknowledge(received, limit).ShouldBe(fault);
    }

    [Fact]
    public void An_older_acknowledgement_says_nothing()
    {
        _sender.Add(10);
        _sender.Add(10);
        Take(0);
        Take(0);
        _sender.Acknowledge(20, 120);
        _sender.Acknowledge(10, 110).ShouldBe(FrameFault.None);
        (_sender.Acked, _sender.Limit).ShouldBe((20, 120));
    }

    [Fact]
    public void The_end_is_acknowledged_like_a_byte_and_sent_again_like_one()
    {
        _sender.Add(10);
        _sender.AddEnd();
        _sender.HasRoom(1).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => _sender.AddEnd());
        Take(0);
        Take(0).ShouldBe(new OutFrame(1, 10, 0, 0, Again: false));
        _sender.Acknowledge(10, 110);
        _sender.IsDone.ShouldBeFalse();
        _sender.Lose(0);
        Take(1).ShouldBe(new OutFrame(1, 10, 0, 0, Again: true));
        _sender.Acknowledge(11, 110).ShouldBe(FrameFault.None);
        _sender.IsDone.ShouldBeTrue();
    }

    private OutFrame Take(int slot)
    {
        _sender.TryTake(slot, out var frame).ShouldBeTrue();
        return frame;
    }
}
