namespace Fabric.Protocol.Tests.Sites;

public sealed class LineBudgetTests
{
    private const long Mbit = 1_000_000 / 8;
    private static readonly DateTimeOffset Asked = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(Limits.Rate.LineSettlesMs);

    [Fact]
    public void Bandwidth_is_shared_evenly_and_what_one_does_not_need_the_others_have()
    {
        var budget = Of(90 * Mbit, 0).Heard(Claim("a"), Settled).Heard(Claim("b"), Settled);
        Shares(budget).ShouldBe(["a 45", "b 45"]);
        budget = budget.Heard(Claim("c", wanted: 10), Settled);
        Shares(budget).ShouldBe(["a 40", "b 40", "c 10"]);
        // Between two attempts it keeps its place, and others have its share.
        budget = budget.Heard(Claim("a", sends: false), Settled);
        Shares(budget).ShouldBe(["a none", "b 80", "c 10"]);
        Shares(budget.Left(MigrationId.Of("c"), Settled)).ShouldBe(["a none", "b 90"]);
    }

    [Fact]
    public void Without_a_bandwidth_nobody_has_a_limit() =>
        Shares(Of(0, 0).Heard(Claim("a"), Settled)).ShouldBe(["a none"]);

    [Fact]
    public void A_share_is_never_less_than_a_migration_can_be_held_to()
    {
        var budget = Of(Limits.Rate.BytesPerSecondMin, 0).Heard(Claim("a"), Settled).Heard(Claim("b"), Settled);
        budget.Sights().Select(s => s.Sight.Share).ShouldAllBe(s => s == Limits.Rate.BytesPerSecondMin);
    }

    [Fact]
    public void Places_go_by_the_time_of_asking_and_the_next_one_has_it_when_one_leaves()
    {
        var budget = Of(0, 1).Looked(Settled)
            .Heard(Claim("b", at: 2, holds: false), Settled)
            .Heard(Claim("c", at: 3, holds: false), Settled)
            .Heard(Claim("a", at: 1, holds: false), Settled);
        Places(budget).ShouldBe(["a waits 0", "b in", "c waits 1"], "who is in stays in");
        Places(budget.Left(MigrationId.Of("b"), Settled)).ShouldBe(["a in", "c waits 0"]);
        // It has begun, and says so; its place stays its own.
        Places(budget.Heard(Claim("b", at: 2), Settled)).ShouldBe(["a waits 0", "b in", "c waits 1"]);
    }

    [Fact]
    public void After_a_restart_those_under_way_have_their_places_before_anybody_else()
    {
        var budget = Of(0, 2)
            .Heard(Claim("waits", at: 1, holds: false), TimeSpan.Zero)
            .Heard(Claim("a", at: 2), TimeSpan.Zero)
            .Heard(Claim("b", at: 3), TimeSpan.Zero)
            .Heard(Claim("c", at: 4), TimeSpan.Zero);
        Places(budget).ShouldBe(["waits waits 0", "a in", "b in", "c in"], "what is under way is not stopped");
        budget = budget.Looked(Settled).Left(MigrationId.Of("a"), Settled);
        Places(budget).ShouldBe(["waits waits 0", "b in", "c in"]);
        Places(budget.Left(MigrationId.Of("b"), Settled)).ShouldBe(["waits in", "c in"]);
    }

    [Fact]
    public void Who_says_nothing_for_long_is_gone()
    {
        var budget = Of(90 * Mbit, 1).Looked(Settled)
            .Heard(Claim("a", at: 1), Settled).Heard(Claim("b", at: 2, holds: false), Settled);
        var later = Settled + TimeSpan.FromMilliseconds(Limits.Rate.LineClaimLastsMs);
        budget = budget.Heard(Claim("b", at: 2, holds: false), later - TimeSpan.FromSeconds(1)).Looked(later);
        Places(budget).ShouldBe(["b in"]);
    }

    [Fact]
    public void Users_are_bounded()
    {
        var budget = Of(0, 1);
        for (var i = 0; i < 5; i++)
            budget = budget.Heard(Claim($"m{i}"), Settled);
        var full = budget with
        {
            Users = [.. Enumerable.Range(0, Limits.Rate.LineUsersMax).Select(i => new LineUser(Claim($"x{i}"), true, Settled))],
        };
        full.Heard(Claim("one-more"), Settled).Users.Length.ShouldBe(Limits.Rate.LineUsersMax);
    }

    [Fact]
    public void Link_between_two_hosts_is_that_of_their_sites_whichever_way()
    {
        var (east, west, north) = (SiteId.Of("east"), SiteId.Of("west"), SiteId.Of("north"));
        var link = new WanLink(west, east, 0, 0);
        var map = new SiteMap(
            new Dictionary<HostId, SiteId>
            {
                [HostId.Of("a")] = east,
                [HostId.Of("b")] = west,
                [HostId.Of("c")] = east,
                [HostId.Of("d")] = north,
            },
            new Dictionary<string, WanLink>(StringComparer.Ordinal) { [link.Name] = link });
        Between("a", "b").ShouldBe(link);
        Between("b", "a").ShouldBe(link);
        Between("a", "c").ShouldBeNull("one site");
        Between("a", "d").ShouldBeNull("no link is known");
        Between("a", "x").ShouldBeNull("it has no site");

        WanLink? Between(string one, string other) => map.Between(HostId.Of(one), HostId.Of(other));
    }

    private static LineBudget Of(long bandwidth, int places) => LineBudget.Of(
        new WanLink(SiteId.Of("east"), SiteId.Of("west"), bandwidth, places), TimeSpan.Zero);

    private static LineClaim Claim(string id, int at = 0, bool holds = true, bool sends = true, long wanted = 0) =>
        new(MigrationId.Of(id), Asked.AddSeconds(at), holds, sends, wanted * Mbit);

    private static string[] Shares(LineBudget budget) => [.. budget.Sights()
        .Select(s => s.Sight.Share == 0 ? $"{s.Migration} none" : $"{s.Migration} {s.Sight.Share / Mbit}")];

    private static string[] Places(LineBudget budget) => [.. budget.Sights()
        .Select(s => s.Sight.Admitted ? $"{s.Migration} in" : $"{s.Migration} waits {s.Sight.Before}")];
}
