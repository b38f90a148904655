namespace Fabric.Protocol.Tests.Disks;

public sealed class DiskRangesTests
{
    private readonly DiskRanges _ranges = new();

    [Fact]
    public void Stretches_that_touch_are_held_at_once_and_ones_that_overlap_in_turn()
    {
        var first = _ranges.Ask(0, 10);
        var beside = _ranges.Ask(10, 10);
        var over = _ranges.Ask(9, 2);
        (first.IsHeld, beside.IsHeld, over.IsHeld).ShouldBe((true, true, false));
        _ranges.Release(first).ShouldBeEmpty();
        _ranges.Release(beside).ShouldBe([over]);
        over.IsHeld.ShouldBeTrue();
    }

    [Fact]
    public void Nobody_goes_before_who_waits_for_the_same_already()
    {
        var first = _ranges.Ask(0, 10);
        var wide = _ranges.Ask(5, 20);
        var late = _ranges.Ask(20, 5);
        late.IsHeld.ShouldBeFalse("it would pass over the wide one");
        _ranges.Release(first).ShouldBe([wide]);
        _ranges.Release(wide).ShouldBe([late]);
    }

    [Fact]
    public void Who_gives_up_waiting_is_out_of_the_way()
    {
        var first = _ranges.Ask(0, 10);
        var wide = _ranges.Ask(5, 20);
        var late = _ranges.Ask(20, 5);
        _ranges.Release(wide).ShouldBe([late]);
        _ranges.Release(wide).ShouldBeEmpty();
        _ranges.Release(first).ShouldBeEmpty();
        _ranges.Release(late).ShouldBeEmpty();
        _ranges.Count.ShouldBe(0);
    }

    [Fact]
    public void What_was_read_is_stale_when_the_guest_wrote_into_it_before_it_is_asked_with_and_not_after()
    {
        var (look, beside) = (_ranges.Begin(0, 10), _ranges.Begin(10, 10));
        _ranges.Ask(9, 1).IsHeld.ShouldBeTrue();
        _ranges.Ask(look).ShouldBeNull();
        var piece = _ranges.Ask(beside).ShouldNotBeNull();
        piece.IsHeld.ShouldBeTrue();
        var later = _ranges.Ask(15, 1);
        (beside.IsStale, later.IsHeld).ShouldBe((false, false));
        _ranges.Release(piece).ShouldBe([later]);
    }

    [Fact]
    public void What_the_guest_asked_for_before_a_look_is_in_what_is_read()
    {
        var write = _ranges.Ask(0, 1);
        var look = _ranges.Begin(0, 10);
        var piece = _ranges.Ask(look).ShouldNotBeNull();
        piece.IsHeld.ShouldBeFalse("it comes behind");
        _ranges.Release(write).ShouldBe([piece]);
    }
}
