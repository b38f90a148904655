namespace Fabric.Protocol.Tests;

public sealed class FenceTests
{
    private static readonly Fence Seen = new(5, 20, 2);

    [Theory]
    [InlineData(4, 30, 9, Refusal.StaleEpoch)]
    [InlineData(5, 19, 9, Refusal.StaleAttempt)]
    [InlineData(5, 20, 1, Refusal.StaleAttempt)]
    public void An_older_stamp_is_refused(long epoch, long term, int attempt, Refusal refusal) =>
        Seen.Judge(StampOf(epoch, term, attempt)).ShouldBe(refusal);

    [Theory]
    [InlineData(5, 20, 2)]
    [InlineData(5, 20, 3)]
    [InlineData(5, 21, 1)]
    [InlineData(6, 1, 1)]
    public void The_same_or_a_newer_stamp_is_obeyed(long epoch, long term, int attempt) =>
        Seen.Judge(StampOf(epoch, term, attempt)).ShouldBeNull();

    [Fact]
    public void An_order_of_the_vms_own_life_has_only_an_epoch()
    {
        Seen.Judge(Stamp.OfLife(VmId.Of("v1"), 5)).ShouldBeNull();
        Seen.Judge(Stamp.OfLife(VmId.Of("v1"), 4)).ShouldBe(Refusal.StaleEpoch);
    }

    [Fact]
    public void A_fence_only_rises()
    {
        Seen.Raised(StampOf(5, 20, 1)).ShouldBe(Seen);
        Seen.Raised(StampOf(4, 99, 9)).ShouldBe(Seen);
        Seen.Raised(StampOf(6, 1, 1)).ShouldBe(new Fence(6, 1, 1));
    }

    private static Stamp StampOf(long epoch, long term, int attempt) =>
        new(VmId.Of("v1"), MigrationId.Of($"v1-m{term}"), term, attempt, epoch);
}
