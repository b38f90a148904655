using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Actors.Runtime;
using Fabric.Host.Tests.Api;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Cli;

public sealed class MigrateVerbTests : IAsyncLifetime
{
    private readonly ApiFixture _at = new();
    private CliRun _cli = null!;

    public async Task InitializeAsync()
    {
        await _at.InitializeAsync();
        _cli = new CliRun(_at);
    }

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task It_waits_for_the_outcome_and_tells_each_stage_and_the_downtime()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        (await _cli.RunAsync(
            "migrate web --to b --attempts 2 --deadline 1m --rate-min 8mbit --rate-max 10MiB --downtime 200ms "
            + "--policy must-finish --disk-writes-min 1MiB --disk-copy synchronous"))
            .ShouldBe(0, _cli.Error);
        foreach (var said in new[]
                 {
                     "checks begin", "attempt 1", "round 1: 1000 pages", "the guest is paused",
                     "COMMIT: b owns the VM from epoch 2",
                     "the guest runs at the target", "ENDED Completed", "downtime ", "noting the grant", "1.5 ms",
                     "rest of the disks", "4.5 ms", "last bytes, disks let go", "6.5 ms", "writing the commit",
                 })
        {
            _cli.Out.ShouldContain(said);
        }

        var id = (await _at.Client.ListMigrationsAsync(null, 1, null, CancellationToken.None)).Migrations[0];
        id.Policy.Transfer.ShouldBe(new TransferPolicy(10 << 20, 200)
        {
            BandwidthMin = 1_000_000,
            Convergence = ConvergencePolicy.MustFinish,
            DowntimeLimitMsMost = 30_000,
            DiskWritesMin = 1 << 20,
            DiskCopy = DiskCopyMode.Synchronous,
        });
        id.Policy.DeadlineMs.ShouldBe(60_000);
    }

    [Fact]
    public async Task Migration_under_way_is_sent_in_another_way_and_says_so()
    {
        var script = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b --detach")).ShouldBe(0, _cli.Error);
        var id = (await _at.Client.ListMigrationsAsync(null, 1, null, CancellationToken.None)).Migrations[0].Id;
        await MigrationScript.UntilAsync(_at, id, m => m.RoundsDone == 1);
        (await _cli.RunAsync("migrate set web --rate 200mbit --downtime 1s")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("It is sent so from now on.");
        var order = await script.Adjusted.Task.WaitAsync(ApiFixture.HangGuard);
        (order.Policy.BandwidthMin, order.Policy.BandwidthMax, order.Policy.DowntimeLimitMs)
            .ShouldBe((0, 25_000_000, 1_000));
        (await _cli.RunAsync($"migrations show {id}")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("rate 200 Mbit/s, downtime limit 1000 ms");
        (await _cli.RunAsync($"journal {id}")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("the operator asks for another way to send: rate 200 Mbit/s");
        _cli.Out.ShouldContain("rate 80 Mbit/s: because");
    }

    [Fact]
    public async Task Policy_and_connections_of_a_migration_under_way_are_changed_and_journalled()
    {
        var script = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b --detach")).ShouldBe(0, _cli.Error);
        var id = (await _at.Client.ListMigrationsAsync(null, 1, null, CancellationToken.None)).Migrations[0].Id;
        await MigrationScript.UntilAsync(_at, id, m => m.RoundsDone == 1);
        (await _cli.RunAsync("migrate set web --policy must-finish --connections 4 --disk-writes-min none"))
            .ShouldBe(0, _cli.Error);
        var order = await script.Adjusted.Task.WaitAsync(ApiFixture.HangGuard);
        (order.Policy.Convergence, order.Policy.Connections).ShouldBe((ConvergencePolicy.MustFinish, 4));
        order.Policy.DiskWritesMin.ShouldBe(0);
        order.LineShare.ShouldBeNull();
        (await _cli.RunAsync($"journal {id}")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("must-finish, 4 connections, writes to disks not slowed");
    }

    [Fact]
    public async Task Writable_working_set_is_a_line_for_each_interval()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        (await _cli.RunAsync("vm wws web --interval 200ms --samples 2")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("250 pages");
        _cli.Out.ShouldContain("1000.0 KiB in 200 ms");
        (await _cli.RunAsync("vm wws web --samples 2 --json")).ShouldBe(0, _cli.Error);
        using var samples = JsonDocument.Parse(_cli.Out);
        samples.RootElement.GetArrayLength().ShouldBe(2);
        samples.RootElement[1].GetProperty("pages").GetInt64().ShouldBe(250);
    }

    [Fact]
    public async Task Working_set_that_cannot_be_measured_says_why()
    {
        _ = new MigrationScript(_at) { Dirtied = null };
        await _at.RunningVmAsync();
        (await _cli.RunAsync("vm wws web --samples 1")).ShouldBe(3);
        _cli.Error.ShouldContain("could not measure web: it is busy");
        (await _cli.RunAsync("vm wws web --samples 0")).ShouldBe(2);
        (await _cli.RunAsync("vm wws nope --samples 1")).ShouldBe(3);
    }

    [Theory]
    [InlineData("migrate set web", "Say what is to change")]
    [InlineData("migrate set web --rate 1mbit --rate-max 2mbit", "--rate is one rate throughout")]
    [InlineData("migrate web --to b --policy hope", "hope")]
    [InlineData("migrate set web --policy hope", "hope")]
    [InlineData("migrate set web --connections 17", "--connections must be 1 to 16")]
    [InlineData("migrate set web --connections -1", "--connections must be 1 to 16")]
    [InlineData("migrate set web --connections many", "many")]
    [InlineData("migrate web --to b --rate fast", "is not a rate")]
    public async Task Wishes_that_make_no_sense_are_refused(string line, string reason)
    {
        (await _cli.RunAsync(line)).ShouldBe(2);
        _cli.Error.ShouldContain(reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watched_by_people_it_shows_numbers_and_an_estimate(bool isTerminal)
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b --watch", isTerminal)).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("Completed, kept by Target");
        _cli.Out.ShouldContain("(the hypervisor's own figure)");
    }

    [Fact]
    public async Task Watched_by_a_program_each_line_is_JSON_and_the_last_is_the_outcome()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b --watch --json")).ShouldBe(0, _cli.Error);
        var lines = _cli.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        lines[0].GetProperty("event").GetString().ShouldBe("snapshot");
        lines[^1].GetProperty("event").GetString().ShouldBe("outcome");
        lines[^1].GetProperty("data").GetProperty("outcome").GetString().ShouldBe("Completed");
        lines.Count(l => l.GetProperty("event").GetString() is "journal").ShouldBeGreaterThan(8);
    }

    [Fact]
    public async Task For_a_program_there_is_one_document_and_the_stages_go_to_stderr()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b --json")).ShouldBe(0);
        using var document = JsonDocument.Parse(_cli.Out);
        document.RootElement.GetProperty("outcome").GetString().ShouldBe("Completed");
        _cli.Error.ShouldContain("COMMIT");
    }

    [Fact]
    public async Task An_obstacle_is_refused_with_advice()
    {
        _ = new MigrationScript(_at) { Obstacle = new Obstacle(FailureReason.MemoryShort, "1 GiB is free") };
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b")).ShouldBe(3);
        _cli.Out.ShouldContain("why: MemoryShort (b: 1 GiB is free)");
        _cli.Out.ShouldContain("what to do: " + Failures.AdviceFor(FailureReason.MemoryShort));
    }

    [Fact]
    public async Task Detached_it_is_found_and_cancelled_by_its_VM_and_that_is_no_success()
    {
        _ = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b --detach --json")).ShouldBe(0);
        using var accepted = JsonDocument.Parse(_cli.Out);
        var id = accepted.RootElement.GetProperty("id").GetString()!;
        await MigrationScript.UntilAsync(_at, MigrationId.Of(id), m => m.RoundsDone == 1);

        var follower = new CliRun(_at);
        (await new CliRun(_at).RunAsync("migrate web --to b")).ShouldBe(3);
        (await _cli.RunAsync("cancel web")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldStartWith($"{id}: Cancelled");
        await MigrationScript.UntilAsync(_at, MigrationId.Of(id), m => m.Stage == StageKind.Over);
        (await _cli.RunAsync($"cancel {id}")).ShouldBe(3);
        (await follower.RunAsync($"migrations show {id}")).ShouldBe(0);
        follower.Out.ShouldContain("RolledBack, kept by Source");
        (await follower.RunAsync("migrations")).ShouldBe(0);
        follower.Out.Split('\n')[1].ShouldStartWith(id);
        (await follower.RunAsync("migrations list --vm web --limit 1 --json")).ShouldBe(0);
    }

    [Fact]
    public async Task A_migration_that_is_rolled_back_while_it_is_followed_is_not_completed()
    {
        _ = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        using var news = _at.System.EventStream.Subscribe<MigrationNews>();
        var following = _cli.RunAsync("migrate web --to b");
        await UntilRoundAsync(news);

        var page = await _at.Client.ListMigrationsAsync(null, 1, null, CancellationToken.None);
        await _at.Client.CancelMigrationAsync(page.Migrations[0].Id.Value, CancellationToken.None);
        (await following).ShouldBe(4);
    }

    [Fact]
    public async Task A_held_VM_needs_an_operator_and_recover_lets_it_go_on()
    {
        _ = new MigrationScript(_at) { AfterGrant = TargetView.Crashed };
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b")).ShouldBe(5);
        _cli.Out.ShouldContain("fabric vm recover");
        (await _cli.RunAsync("vm recover web")).ShouldBe(0);
        _cli.Out.ShouldContain("paused copy");
    }

    [Fact]
    public async Task A_host_is_declared_gone_only_while_it_is_not_there_and_who_said_so_is_noted()
    {
        _ = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        using var news = _at.System.EventStream.Subscribe<MigrationNews>();
        var following = _cli.RunAsync("migrate web --to b");
        await UntilRoundAsync(news);
        (await _cli.RunAsync("hosts gone a --yes-i-know")).ShouldBe(3);
        _cli.Error.ShouldContain("is connected");

        await _at.LoseHostAsync("a");
        (await _cli.RunAsync("hosts gone a --yes-i-know")).ShouldBe(0);
        _cli.Out.ShouldContain("a counts as gone");
        var page = await _at.Client.ListMigrationsAsync(null, 1, null, CancellationToken.None);
        var journal = await _at.Client.JournalAsync(page.Migrations[0].Id.Value, 0, CancellationToken.None);
        journal.Events.Single(e => e.Name is "migration.source-declared-gone.v1").Event.GetProperty("by").GetString()
            .ShouldBe("operator");
        (await _cli.RunAsync("hosts gone a --yes-i-know")).ShouldBe(0);
        _cli.Out.ShouldContain("is not silent");
        var stamp = new Stamp(page.Migrations[0].Vm, page.Migrations[0].Id, 4, 1, 1);
        await _at.SayAsync("b", new TargetReport(stamp, TargetView.Gone));
        (await following).ShouldBe(5);
    }

    [Fact]
    public async Task A_server_that_goes_away_leaves_the_outcome_unknown_and_says_how_to_look_again()
    {
        _ = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        using var news = _at.System.EventStream.Subscribe<MigrationNews>();
        var following = _cli.RunAsync("migrate web --to b --reconnect-for 0");
        await UntilRoundAsync(news);

        await _at.StopServerAsync();
        (await following).ShouldBe(7);
        _cli.Error.ShouldContain("fabric migrations show web-m");
    }

    private static async Task UntilRoundAsync(EventSubscription<MigrationNews> news)
    {
        MigrationNews next;
        do
            next = await news.Reader.ReadAsync().AsTask().WaitAsync(ApiFixture.HangGuard);
        while (!next.Events.OfType<RoundCompleted>().Any());
    }

    [Fact]
    public async Task The_journal_is_a_table_with_a_meaning_for_each_event()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        (await _cli.RunAsync("migrate web --to b")).ShouldBe(0);
        var id = (await _at.Client.ListMigrationsAsync(null, 1, null, CancellationToken.None)).Migrations[0].Id;
        await MigrationScript.UntilAsync(_at, id, m => m.Stage == StageKind.Over);
        (await _cli.RunAsync($"journal {id}")).ShouldBe(0);
        var lines = _cli.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith("#");
        lines[1].ShouldContain("migration.requested.v1");
        lines.Single(l => l.Contains("migration.committed.v1", StringComparison.Ordinal))
            .ShouldEndWith("COMMIT: b owns the VM from epoch 2 on");
        lines[^1].ShouldEndWith("the source's copy is released");
        (await _cli.RunAsync($"journal {id} --json")).ShouldBe(0);
        using var document = JsonDocument.Parse(_cli.Out);
        document.RootElement.GetProperty("events").GetArrayLength().ShouldBe(lines.Length - 1);
    }
}
