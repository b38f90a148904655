using System.Net;
using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Api;

public sealed class MigrationApiTests : IAsyncLifetime
{
    private readonly ApiFixture _at = new();

    public Task InitializeAsync() => _at.InitializeAsync();

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task A_migration_is_accepted_runs_and_tells_all_of_its_downtime()
    {
        _ = new MigrationScript(_at);
        var vm = await _at.RunningVmAsync();
        using var answer = await _at.PostAsync(
            "/api/v1/vms/web/migrations", """{"target":"b","policy":{"attemptsMax":2,"deadlineMs":5000}}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        var location = answer.Headers.Location!.ToString();
        location.ShouldStartWith("/api/v1/migrations/web-m");
        var id = MigrationId.Of(location[(location.LastIndexOf('/') + 1)..]);

        await MigrationScript.UntilAsync(_at, id, m => m.Stage == StageKind.Over);
        var over = await _at.Client.GetMigrationAsync(id.Value, CancellationToken.None);
        over.Outcome.ShouldBe(MigrationOutcome.Completed);
        over.Keeper.ShouldBe(Keeper.Target);
        over.Policy.AttemptsMax.ShouldBe(2);
        over.Policy.SwitchoverTimeoutMs.ShouldBe(5000);
        over.Attempts!.Single().Number.ShouldBe(1);
        over.Rounds!.Single().Round.ShouldBe(MigrationScript.Round);
        over.Downtime!.GrantMs.ShouldBe(1.5);
        over.Downtime.RunMs.ShouldBe(2.5);
        over.Downtime.HypervisorMs.ShouldBe(31);
        (over.Downtime.DisksMs, over.Downtime.LastBytesMs, over.Downtime.HandOffNoteMs).ShouldBe((4.5, 6.5, 0.5));
        over.Downtime.CommitNoteMs.ShouldNotBeNull("by the coordinator's own journal");
        over.Downtime.ReleaseMs.ShouldNotBeNull("the source has let go");
        over.Transfer!.Progress.WireBytes.ShouldBe(27_500_000);
        (await _at.Client.GetVmAsync(vm.Value, CancellationToken.None)).Host.ShouldBe(HostId.Of("b"));
    }

    [Fact]
    public async Task Both_hosts_are_told_where_the_other_is_in_the_network()
    {
        await _at.RunningVmAsync(network: new NetworkSpec
        {
            Kind = NetworkKind.Vxlan,
            Mac = MacAddress.Of("52:54:00:aa:00:01"),
            Tap = "vweb",
            Bridge = "br0",
            Vni = 5,
        });
        await _at.HostAsync("c");
        using var answer = await _at.PostAsync("/api/v1/vms/web/migrations", """{"target":"b"}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        var ends = (await _at.Hosts.NextAsync<Precheck>()).Order.Network.ShouldNotBeNull();
        ends.Source.ShouldBe(new NetworkEnd(HostId.Of("a"), HostAddress.Of("10.9.0.97")));
        ends.Target.ShouldBe(new NetworkEnd(HostId.Of("b"), HostAddress.Of("10.9.0.98")));
        ends.Members.Select(m => m.Value).ShouldBe(["10.9.0.97", "10.9.0.98", "10.9.0.99"], ignoreOrder: true);
        ends.Tunnel.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_name_gets_the_addresses_that_whoever_moves_it_says()
    {
        await _at.RunningVmAsync(network: Tunnel);
        using var answer = await _at.PostAsync(
            "/api/v1/vms/web/migrations", """{"target":"b","namedAddresses":["10.98.0.7"]}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        (await _at.Hosts.NextAsync<Precheck>()).Order.Network.ShouldNotBeNull().Named
            .ShouldBe([HostAddress.Of("10.98.0.7")]);
    }

    [Theory]
    [InlineData(true, """["10.98.0"]""", HttpStatusCode.BadRequest, "malformed")]
    [InlineData(true, """["10.98.0.7","10.98.0.7"]""", HttpStatusCode.UnprocessableEntity, "network-unfit")]
    [InlineData(false, """["10.98.0.7"]""", HttpStatusCode.UnprocessableEntity, "network-unfit")]
    public async Task Addresses_for_a_name_that_cannot_have_them_are_refused(
        bool hasName, string addresses, HttpStatusCode status, string type)
    {
        await _at.RunningVmAsync(network: hasName ? Tunnel : Tunnel with { Dns = null });
        using var answer = await _at.PostAsync(
            "/api/v1/vms/web/migrations", $$"""{"target":"b","namedAddresses":{{addresses}}}""");
        await ApiFixture.ProblemAsync(answer, (int)status, type);
        (await _at.Client.GetVmAsync("web", CancellationToken.None)).State.ShouldBe("running");
    }

    private static NetworkSpec Tunnel { get; } = new()
    {
        Kind = NetworkKind.Tunnel,
        Mac = MacAddress.Of("52:54:00:aa:00:01"),
        Addresses = [HostAddress.Of("10.99.0.7")],
        Tap = "vweb",
        GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
        Dns = new DnsSpec(HostAddress.Of("192.0.2.53"), "lab.example", "web.lab.example", "fabric", 60),
    };

    [Fact]
    public async Task What_crossed_the_wire_outlives_the_coordinator()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        var id = (await BeginAsync()).Id;
        await MigrationScript.UntilAsync(_at, id, m => m.Stage == StageKind.Over);

        // As after a restart: nothing is known but what the journal holds.
        await using var next = new FabricService(_at.System, _at.Journal, _at.Hosts, hold: null);
        var over = await next.GetMigrationAsync(id, CancellationToken.None);
        over.Transfer.ShouldBeNull();
        over.WireBytes.ShouldBe(30_000_000);
    }

    [Fact]
    public async Task The_journal_is_told_as_recorded_and_in_pages()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        var id = (await BeginAsync()).Id;
        await MigrationScript.UntilAsync(_at, id, m => m.Stage == StageKind.Over);

        var whole = await _at.Client.JournalAsync(id.Value, 0, CancellationToken.None);
        whole.Events.Select(e => e.Version).ShouldBe(Enumerable.Range(1, whole.Events.Count).Select(n => (long)n));
        whole.Events[0].Name.ShouldBe("migration.requested.v1");
        whole.Events[^1].Name.ShouldBe("migration.cleaned-up.v1");
        var commit = whole.Events.Single(e => e.Name is "migration.committed.v1").Event;
        commit.GetProperty("owner").GetString().ShouldBe("b");
        var rest = await _at.Client.JournalAsync(id.Value, whole.Events.Count - 1, CancellationToken.None);
        rest.Events.Single().Name.ShouldBe("migration.cleaned-up.v1");
    }

    [Fact]
    public async Task What_can_be_refused_before_anything_moves_is_refused_with_its_reason()
    {
        await _at.StoppedVmAsync();
        await RefusedAsync("web", "b", 409, "vm-not-running");
        await RefusedAsync("nope", "b", 404, "unknown-vm");
        await RefusedAsync("web", "nope", 422, "unknown-host");
        await RefusedAsync("web", "a", 422, "same-host");

        await _at.Service.StartVmAsync(VmId.Of("web"), CancellationToken.None);
        await _at.SayAsync("a", new LifeReport(Stamp.OfLife(VmId.Of("web"), 1), LifeView.Running, null, null));
        await _at.System.Entity(EntityKinds.Vm, "web").Ask<VmState>(Describe.State, ApiFixture.HangGuard);
        _at.Hosts.Disconnect(HostId.Of("b"));
        await RefusedAsync("web", "b", 409, "host-not-connected");
        _at.Hosts.Connect(HostId.Of("b"));
        await BeginAsync();
        await RefusedAsync("web", "b", 409, "already-migrating");
        (await _at.Client.ListMigrationsAsync(null, 10, null, CancellationToken.None)).Migrations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_running_migration_is_cancelled_and_an_ended_one_is_not()
    {
        _ = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        var id = (await BeginAsync()).Id;
        await MigrationScript.UntilAsync(_at, id, m => m.RoundsDone == 1);
        (await _at.Client.CancelMigrationAsync(id.Value, CancellationToken.None)).Text.ShouldStartWith("Cancelled");
        var over = await MigrationScript.UntilAsync(_at, id, m => m.Stage == StageKind.Over);
        over.Outcome.ShouldBe(MigrationOutcome.RolledBack);
        over.Reason.ShouldBe(FailureReason.Cancelled);

        using var late = await _at.PostAsync($"/api/v1/migrations/{id}/cancel", null);
        (await ApiFixture.ProblemAsync(late, 409, "conflict")).ShouldContain("has ended");
        // The actor itself, woken for an ended migration, answers and goes: the message must not wake it for ever.
        var answer = await _at.System.Entity(EntityKinds.Migration, id.Value)
            .Ask<OperatorAnswer>(new CancelRequested(), ApiFixture.HangGuard);
        answer.Accepted.ShouldBeFalse();
        (await _at.Service.GetVmAsync(VmId.Of("web"), CancellationToken.None)).State.ShouldBe("running");
    }

    [Theory]
    [InlineData("{}", "Nothing is to change")]
    [InlineData("{\"bandwidthMax\":1}", "policy.bandwidthMax is 1")]
    [InlineData("{\"downtimeLimitMs\":0}", "policy.downtimeLimitMs is 0")]
    [InlineData("{\"diskWritesMin\":1}", "policy.diskWritesMin is 1")]
    [InlineData("{\"bandwidthMin\":200000,\"bandwidthMax\":100000}", "must not be more than")]
    public async Task Wish_that_makes_no_sense_is_refused(string body, string reason)
    {
        _ = new MigrationScript(_at) { PausesAfterRound = false };
        await _at.RunningVmAsync();
        var id = (await BeginAsync()).Id;
        using var answer = await _at.PostAsync($"/api/v1/migrations/{id}/transfer", body);
        (await ApiFixture.ProblemAsync(answer, 422, "out-of-range")).ShouldContain(reason);
    }

    [Fact]
    public async Task An_obstacle_ends_a_migration_as_refused()
    {
        _ = new MigrationScript(_at) { Obstacle = new Obstacle(FailureReason.MemoryShort, "1 GiB is free") };
        await _at.RunningVmAsync();
        var id = (await BeginAsync()).Id;
        var over = await MigrationScript.UntilAsync(_at, id, m => m.Outcome is not null);
        over.Outcome.ShouldBe(MigrationOutcome.Refused);
        over.Reason.ShouldBe(FailureReason.MemoryShort);
        over.Detail!.ShouldContain("1 GiB is free");
        over.Advice.ShouldBe(Failures.AdviceFor(FailureReason.MemoryShort));
    }

    [Fact]
    public async Task A_held_VM_is_recovered_through_the_migration_that_holds_it()
    {
        _ = new MigrationScript(_at) { AfterGrant = TargetView.Crashed };
        await _at.RunningVmAsync();
        using (var early = await _at.PostAsync("/api/v1/vms/web/recover", "{}"))
            (await ApiFixture.ProblemAsync(early, 409, "conflict")).ShouldContain("no migration holds it");
        var id = (await BeginAsync()).Id;
        var held = await MigrationScript.UntilAsync(_at, id, m => m.Stage == StageKind.OnHold);
        held.Reason.ShouldBe(FailureReason.TargetLostAfterGrant);
        (await _at.Client.RecoverVmAsync("web", CancellationToken.None)).Text.ShouldContain("paused copy");
        await MigrationScript.UntilAsync(_at, id, m => m.Stage != StageKind.OnHold);
    }

    [Fact]
    public async Task Migrations_are_listed_newest_first_in_pages_and_by_VM()
    {
        _ = new MigrationScript(_at) { Obstacle = new Obstacle(FailureReason.MemoryShort, "full") };
        await _at.RunningVmAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var id = (await BeginAsync()).Id;
            ids.Insert(0, id.Value);
            await MigrationScript.UntilAsync(_at, id, m => m.Stage == StageKind.Over);
        }

        var first = await _at.Client.ListMigrationsAsync(null, 2, "web", CancellationToken.None);
        first.Migrations.Select(m => m.Id.Value).ShouldBe(ids[..2]);
        first.Next.ShouldNotBeNull();
        var second = await _at.Client.ListMigrationsAsync(first.Next, 2, "web", CancellationToken.None);
        second.Migrations.Select(m => m.Id.Value).ShouldBe(ids[2..]);
        second.Next.ShouldBeNull();
        (await _at.Client.ListMigrationsAsync(null, 2, "we", CancellationToken.None)).Migrations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/v1/migrations/nope", 404, "not-found")]
    [InlineData("/api/v1/migrations/nope/journal", 404, "not-found")]
    [InlineData("/api/v1/migrations/nope/watch", 404, "not-found")]
    [InlineData("/api/v1/migrations?limit=0", 400, "out-of-range")]
    [InlineData("/api/v1/migrations?limit=201", 400, "out-of-range")]
    [InlineData("/api/v1/migrations?limit=1&limit=2", 400, "unknown-parameter")]
    [InlineData("/api/v1/migrations?lmit=1", 400, "unknown-parameter")]
    [InlineData("/api/v1/migrations?vm=Web", 400, "invalid-name")]
    [InlineData("/api/v1/migrations?before=-1", 400, "out-of-range")]
    [InlineData("/api/v1/migrations/a%2fb", 400, "invalid-name")]
    [InlineData("/api/v1/nowhere", 404, "no-such-path")]
    public async Task Bad_reads_are_refused_with_a_name(string path, int status, string code)
    {
        using var answer = await _at.Http.GetAsync(path);
        await ApiFixture.ProblemAsync(answer, status, code);
    }

    [Theory]
    [InlineData("""{"attemptsMax":0}""")]
    [InlineData("""{"attemptsMax":101}""")]
    [InlineData("""{"deadlineMs":0}""")]
    [InlineData("""{"deadlineMs":-1}""")]
    [InlineData("""{"deadlineMs":1000000000000}""")]
    [InlineData("""{"downtimeLimitMs":0}""")]
    [InlineData("""{"bandwidthMax":-1}""")]
    [InlineData("""{"bandwidthMax":1}""")]
    [InlineData("""{"diskWritesMin":-1}""")]
    [InlineData("""{"diskWritesMin":65535}""")]
    [InlineData("""{"bandwidthMax":8796093022208}""")]
    [InlineData("""{"bandwidthMax":17592186044416}""")]
    [InlineData("""{"switchoverTimeoutMs":2000,"deadlineMs":1000}""")]
    [InlineData("""{"switchoverTimeoutMs":200,"downtimeLimitMs":300}""")]
    public async Task A_policy_out_of_range_is_refused_and_nothing_moves_F209(string policy)
    {
        await _at.RunningVmAsync();
        using var answer = await _at.PostAsync(
            "/api/v1/vms/web/migrations", $$"""{"target":"b","policy":{{policy}}}""");
        await ApiFixture.ProblemAsync(answer, 422, "out-of-range");
        (await _at.Service.GetVmAsync(VmId.Of("web"), CancellationToken.None)).State.ShouldBe("running");
    }

    [Fact]
    public async Task Where_nothing_is_held_nothing_is_released()
    {
        using var answer = await _at.PostAsync("/api/v1/faults/hold/release", null);
        await ApiFixture.ProblemAsync(answer, 409, "conflict");
    }

    private async Task<MigrationSummary> BeginAsync()
    {
        using var answer = await _at.PostAsync("/api/v1/vms/web/migrations", """{"target":"b"}""");
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, text);
        return JsonSerializer.Deserialize(text, Host.Api.Contracts.ApiJson.Default.MigrationSummary)!;
    }

    private async Task RefusedAsync(string vm, string target, int status, string code)
    {
        using var answer = await _at.PostAsync($"/api/v1/vms/{vm}/migrations", $$"""{"target":"{{target}}"}""");
        await ApiFixture.ProblemAsync(answer, status, code);
    }
}
