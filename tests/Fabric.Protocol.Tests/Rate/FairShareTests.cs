using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Protocol.Tests.Rate;

public sealed class FairShareTests
{
    private static readonly Arbitrary<(long Budget, long[] Wanted)> Cases =
        (from budget in Gen.Choose(1, 1_000_000_000)
         from wanted in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 500_000_000))).NonEmptyListOf()
         select ((long)budget, wanted.Select(w => (long)w).ToArray())).ToArbitrary();

    [Fact]
    public void Who_wants_less_than_an_equal_part_gets_it_and_the_others_share_the_rest() =>
        FairShare.Of(100, [10, 0, 60]).ShouldBe([10, 45, 45]);

    [Fact]
    public void Without_a_budget_each_gets_what_it_wants() => FairShare.Of(0, [5, 0]).ShouldBe([5, 0]);

    [Fact]
    public void Line_too_thin_for_all_still_carries_a_byte_for_each() =>
        FairShare.Of(2, [0, 0, 0]).ShouldAllBe(share => share >= 1);

    [Fact]
    public void Too_many_sharers_are_refused() => Should.Throw<ArgumentOutOfRangeException>(
        () => FairShare.Of(1, new long[Limits.Rate.SharersMax + 1]));

    [Fact]
    public void Shares_never_exceed_the_budget_nor_what_is_wanted() => Prop.ForAll(Cases, c =>
    {
        var shares = FairShare.Of(c.Budget, c.Wanted);
        return (c.Budget < c.Wanted.Length || shares.Sum() <= c.Budget)
            && shares.Zip(c.Wanted).All(s => s.Second == 0 || s.First <= s.Second);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Nobody_starves() => Prop.ForAll(Cases, c =>
    {
        var equal = c.Budget / c.Wanted.Length;
        return FairShare.Of(c.Budget, c.Wanted).Zip(c.Wanted)
            .All(s => s.First >= Math.Max(1, s.Second == 0 ? equal : Math.Min(equal, s.Second)));
    }).QuickCheckThrowOnFailure();

    /// <summary>Max-min: who has less than another has all that it wants (or the other has one byte of rounding more).</summary>
    [Fact]
    public void Who_has_less_than_another_wants_no_more() => Prop.ForAll(Cases, c =>
    {
        var shares = FairShare.Of(c.Budget, c.Wanted);
        var most = shares.Max();
        return shares.Zip(c.Wanted).All(s => s.First >= most - c.Wanted.Length || (s.Second != 0 && s.First == s.Second));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Nothing_is_left_over_while_someone_wants_it() => Prop.ForAll(Cases, c =>
    {
        var shares = FairShare.Of(c.Budget, c.Wanted);
        var wantsMore = shares.Zip(c.Wanted).Any(s => s.Second == 0 || s.First < s.Second);
        return !wantsMore || shares.Sum() >= c.Budget - c.Wanted.Length;
    }).QuickCheckThrowOnFailure();
}
