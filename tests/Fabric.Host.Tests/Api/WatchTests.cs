using Fabric.Actors.Coordination;
using Fabric.Host.Api;
using Fabric.Host.Client;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Host.Tests.Api;

public sealed class WatchTests : IAsyncLifetime
{
    private readonly ApiFixture _at = new() { HoldAt = StageKind.StopAndCopy };

    public Task InitializeAsync() => _at.InitializeAsync();

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task A_watch_tells_a_snapshot_then_every_event_once_in_order_and_ends()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        var begun = await _at.Service.MigrateAsync(
            VmId.Of("web"), HostId.Of("b"), new MigrationPolicy(), CancellationToken.None);
        var told = new List<WatchEvent>();
        using var guard = new CancellationTokenSource(ApiFixture.HangGuard);
        await foreach (var e in _at.Client.WatchMigrationAsync(begun.Id.Value, 0, guard.Token))
        {
            told.Add(e);
            if (e.Entry is { Name: "migration.source-paused.v1" })
                await _at.Client.ReleaseHoldAsync(guard.Token);
        }

        told[0].Kind.ShouldBe("snapshot");
        told[^1].Kind.ShouldBe("over");
        told[^1].Migration!.Outcome.ShouldBe(MigrationOutcome.Completed);
        var versions = told.Where(e => e.Kind is "journal").Select(e => e.Entry!.Version).ToArray();
        versions.ShouldBe(Enumerable.Range(1, versions.Length).Select(n => (long)n));
        versions[^1].ShouldBe(told[^1].Migration!.Version);
    }

    [Fact]
    public async Task A_held_migration_says_so_and_shows_it()
    {
        _ = new MigrationScript(_at);
        await _at.RunningVmAsync();
        using var news = _at.System.EventStream.Subscribe<MigrationHeldAt>();
        var begun = await _at.Service.MigrateAsync(
            VmId.Of("web"), HostId.Of("b"), new MigrationPolicy(), CancellationToken.None);
        await news.Reader.ReadAsync().AsTask().WaitAsync(ApiFixture.HangGuard);
        await MigrationScript.UntilAsync(_at, begun.Id, m => m.Stage == StageKind.StopAndCopy);
        await _at.Client.ReleaseHoldAsync(CancellationToken.None);
        var over = await MigrationScript.UntilAsync(_at, begun.Id, m => m.Stage == StageKind.Over);
        over.HeldAt.ShouldBeNull();
    }

    [Fact]
    public async Task A_watch_of_an_ended_migration_tells_what_was_asked_for_and_ends()
    {
        await using var at = await ApiFixture.StartAsync();
        _ = new MigrationScript(at);
        await at.RunningVmAsync();
        var begun = await at.Service.MigrateAsync(
            VmId.Of("web"), HostId.Of("b"), new MigrationPolicy(), CancellationToken.None);
        var over = await MigrationScript.UntilAsync(at, begun.Id, m => m.Stage == StageKind.Over);
        (await KindsAsync(at, begun.Id, null)).ShouldBe(["snapshot", "over"]);
        (await KindsAsync(at, begun.Id, over.Version - 1)).ShouldBe(["snapshot", "journal", "over"]);
        (await KindsAsync(at, begun.Id, over.Version + 10)).ShouldBe(["snapshot", "over"]);
    }

    [Fact]
    public async Task The_watch_of_everything_tells_of_VMs_hosts_and_migrations()
    {
        await _at.RunningVmAsync();
        using var guard = new CancellationTokenSource(ApiFixture.HangGuard);
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var e in _at.Client.WatchAsync(guard.Token))
        {
            kinds.Add(e.Kind);
            if (e.Kind is "snapshot")
            {
                e.Data.ShouldContain("\"web\"");
                await _at.Coordinator.OnHostConnectedAsync(HostId.Of("b"), "run", 1);
                await _at.Service.MigrateAsync(
                    VmId.Of("web"), HostId.Of("b"), new MigrationPolicy(), CancellationToken.None);
            }

            if (kinds.IsSupersetOf(["snapshot", "host", "vm", "journal"]))
                break;
        }

        kinds.Contains("journal").ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_watches_and_the_client_calls_it_unknown_or_ended()
    {
        await _at.RunningVmAsync();
        using var guard = new CancellationTokenSource(ApiFixture.HangGuard);
        var ended = false;
        try
        {
            await foreach (var e in _at.Client.WatchAsync(guard.Token))
            {
                if (e.Kind is "snapshot")
                    await _at.StopServerAsync();
            }

            ended = true;
        }
        catch (FabricUnknownException)
        {
            ended = true;
        }

        ended.ShouldBeTrue();
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut_off()
    {
        var time = new ManualTime();
        await using var stuck = new StuckStream();
        var sse = new Sse(stuck, time);
        var writing = sse.TryWriteAsync(new Beat(), CancellationToken.None);
        writing.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromMilliseconds(Limits.Api.WatchWriteMs));
        (await writing.WaitAsync(ApiFixture.HangGuard)).ShouldBeFalse();
    }

    [Fact]
    public void Only_so_many_watch_at_one_time()
    {
        var slots = new WatchSlots(2);
        slots.TryTake().ShouldBeTrue();
        slots.TryTake().ShouldBeTrue();
        slots.TryTake().ShouldBeFalse();
        slots.Release();
        slots.TryTake().ShouldBeTrue();
    }

    private static async Task<List<string>> KindsAsync(ApiFixture at, MigrationId id, long? after)
    {
        var kinds = new List<string>();
        using var guard = new CancellationTokenSource(ApiFixture.HangGuard);
        await foreach (var e in at.Client.WatchMigrationAsync(id.Value, after, guard.Token))
            kinds.Add(e.Kind);
        return kinds;
    }

    private sealed class StuckStream : MemoryStream
    {
        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
