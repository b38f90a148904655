using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Protocol.Tests.Convergence;

/// <summary>What the policies promise, on guests of every kind.</summary>
public sealed class SyntheticGuestTests
{
    private const long Mbit = 1_000_000 / 8;
    private const int LimitMs = 300;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);

    private static readonly Gen<SyntheticGuest> Guests =
        from pages in Gen.Choose(8_192, 262_144)
        from hot in Gen.Choose(1, 30)
        from warm in Gen.Choose(1, 60)
        from hotWrites in Gen.Choose(0, 200_000)
        from warmWrites in Gen.Choose(0, 5_000)
        select new SyntheticGuest(
            pages, [(Math.Max(1, pages * hot / 100), hotWrites), (Math.Max(1, pages * warm / 100), warmWrites)]);

    private static readonly Arbitrary<(SyntheticGuest Guest, long Line, TransferPolicy Policy)> Cases =
        (from guest in Guests
         from line in Gen.Elements(20 * Mbit, 100 * Mbit, 1_000 * Mbit, 10_000 * Mbit)
         from policy in Gen.Elements(Enum.GetValues<ConvergencePolicy>())
         from min in Gen.Elements(0, 10 * Mbit, 100 * Mbit)
         select (guest, line, PolicyOf(policy, min))).ToArbitrary();

    [Fact]
    public void Every_migration_ends_before_its_deadline() => ForAll(c =>
    {
        var outcome = Run(c);
        return outcome.Seconds <= Deadline.TotalSeconds;
    });

    [Fact]
    public void No_downtime_is_longer_than_the_policy_allows() => ForAll(c =>
    {
        var rules = c.Policy.Rules(c.Policy.Convergence!.Value);
        var outcome = Run(c);
        return !outcome.SwitchedOver || outcome.DowntimeMs <= rules.DowntimeLimitMsMax + 1;
    });

    [Fact]
    public void No_guest_is_slowed_more_than_the_policy_allows() => ForAll(c =>
    {
        var rules = c.Policy.Rules(c.Policy.Convergence!.Value);
        var most = rules.Ladder.Where(r => r.Step == LadderStep.Throttle).Select(r => r.Bound).DefaultIfEmpty(0).Max();
        return Run(c).ThrottleMost <= most;
    });

    [Fact]
    public void Guest_whose_writes_fit_the_budget_is_switched_over_untouched_by_every_policy() => ForAll(c =>
    {
        // All that it ever writes fits the downtime at this line.
        var quiet = c.Guest with { Sets = [(Math.Max(1, c.Line * LimitMs / 1000 / Limits.Guest.PageSize / 2), 5_000)] };
        var outcome = Run(c with { Guest = quiet });
        return outcome is { SwitchedOver: true, ThrottleMost: 0, DowntimeMs: <= LimitMs }
            && outcome.Told.All(d => d.Kind is DecisionKind.Rate or DecisionKind.SwitchOver);
    });

    [Fact]
    public void Must_finish_finishes_whatever_fits_the_longest_downtime() => ForAll(c =>
    {
        var policy = c.Policy with { Convergence = ConvergencePolicy.MustFinish };
        var whole = c.Guest.Pages * Limits.Guest.PageSize / (double)c.Line;
        return whole > c.Policy.DowntimeLimitMsMost / 1000.0 || Run(c with { Policy = policy }).SwitchedOver;
    });

    [Fact]
    public void Rate_stays_within_its_bounds_and_follows_Clarks_rule()
    {
        var guest = new SyntheticGuest(65_536, [(2_000, 10_000)]);
        var policy = PolicyOf(ConvergencePolicy.Balanced, 20 * Mbit) with { BandwidthMax = 400 * Mbit };
        var outcome = SyntheticPreCopy.Run(guest, policy, 1_000 * Mbit, Deadline);
        outcome.SwitchedOver.ShouldBeTrue();
        outcome.RateMost.ShouldBeInRange(21 * Mbit, 400 * Mbit);
        outcome.Told[0].Kind.ShouldBe(DecisionKind.Rate);
    }

    [Fact]
    public void Throttled_guest_converges_where_an_untouched_one_does_not()
    {
        // 30 MB of hot pages, written faster than 100 Mbit/s carry.
        var guest = new SyntheticGuest(65_536, [(7_500, 6_000)]);
        var stubborn = SyntheticPreCopy.Run(guest, PolicyOf(ConvergencePolicy.GiveUp, 0), 100 * Mbit, Deadline);
        stubborn.SwitchedOver.ShouldBeFalse();
        var slowed = SyntheticPreCopy.Run(guest, PolicyOf(ConvergencePolicy.LowDowntime, 0), 100 * Mbit, Deadline);
        slowed.SwitchedOver.ShouldBeTrue();
        slowed.ThrottleMost.ShouldBeGreaterThan(0);
        slowed.DowntimeMs.ShouldBeLessThanOrEqualTo(LimitMs);
    }

    private static void ForAll(Func<(SyntheticGuest Guest, long Line, TransferPolicy Policy), bool> holds) =>
        Prop.ForAll(Cases, c => holds(c)).QuickCheckThrowOnFailure();

    private static SyntheticOutcome Run((SyntheticGuest Guest, long Line, TransferPolicy Policy) c) =>
        SyntheticPreCopy.Run(c.Guest, c.Policy, c.Line, Deadline);

    private static TransferPolicy PolicyOf(ConvergencePolicy policy, long min) =>
        new(0, LimitMs) { Convergence = policy, BandwidthMin = min, DowntimeLimitMsMost = 30_000 };
}
