using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Migration;

/// <summary>What a migration is held to from outside: by whoever decides in the hypervisor's place.</summary>
public sealed class LimitsTests
{
    private static readonly string[] Slowing = ["events", "return-path", "pause-before-switchover", "auto-converge"];

    [Fact]
    public async Task Held_back_by_a_limit_of_1_ms_it_sends_rounds_until_it_is_let_go()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync(GuestProgramSpec.MemoryMuncher);
        var (_, socket) = await lab.ListenAsync(
            await lab.StartAsync(incoming: true, program: GuestProgramSpec.MemoryMuncher), TestGuest.Usual);
        await source.EnableAsync(TestGuest.Usual);
        await source.DoAsync(
            "migrate-set-parameters", ("max-bandwidth", 4_000_000), ("downtime-limit", Limits.Convergence.HeldBackMs));
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        // By itself it would end at the first round that is longer than the one before it.
        await UntilAsync(source, seen => seen.GetProperty("ram").GetProperty("dirty-sync-count").GetInt32() > 6);
        (await source.PhaseAsync()).ShouldBe("active");
        await source.DoAsync("migrate-set-parameters", ("downtime-limit", 100_000));
        await source.UntilPhaseAsync("pre-switchover");
    }

    [Fact]
    public async Task Guest_is_slowed_by_order_and_does_less()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync(GuestProgramSpec.Oltp);
        var (_, socket) = await lab.ListenAsync(
            await lab.StartAsync(incoming: true, program: GuestProgramSpec.Oltp), TestGuest.Usual);
        await source.EnableAsync(Slowing);
        await source.DoAsync(
            "migrate-set-parameters", ("max-bandwidth", 4_000_000), ("downtime-limit", Limits.Convergence.HeldBackMs),
            ("throttle-trigger-threshold", 1), ("cpu-throttle-initial", 90), ("cpu-throttle-increment", 90),
            ("max-cpu-throttle", 90));
        var before = await DirtyingAsync(source);
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        await UntilAsync(source, seen =>
            seen.GetProperty("ram").GetProperty("dirty-pages-rate").GetInt64() is > 0 and var rate && rate < before / 2);
    }

    [Theory]
    [InlineData("cpu-throttle-initial", 0)]
    [InlineData("cpu-throttle-increment", 100)]
    [InlineData("throttle-trigger-threshold", 101)]
    [InlineData("max-cpu-throttle", 10)]
    public async Task Impossible_throttle_is_refused(string name, int value)
    {
        await using var lab = new GuestLab();
        var guest = await lab.StartAsync();
        await Should.ThrowAsync<HypervisorException>(() => guest.DoAsync("migrate-set-parameters", (name, value)));
    }

    [Fact]
    public async Task Pages_written_in_an_interval_are_counted()
    {
        await using var lab = new GuestLab();
        var guest = await lab.RunningAsync(GuestProgramSpec.MemoryMuncher);
        (await guest.DoAsync("query-dirty-rate")).GetProperty("status").GetString().ShouldBe("unstarted");
        (await DirtyingAsync(guest)).ShouldBeGreaterThan(0);
        await Should.ThrowAsync<HypervisorException>(() => guest.DoAsync("calc-dirty-rate", ("calc-time", 61)));
        await Should.ThrowAsync<HypervisorException>(() => guest.DoAsync("calc-dirty-rate", ("mode", "guess")));
    }

    [Fact]
    public async Task Migration_that_begins_takes_the_dirty_log_from_a_measurement()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync();
        var (target, socket) = await lab.ListenAsync(await lab.StartAsync(incoming: true), "events", "return-path");
        await source.EnableAsync("events", "return-path");
        await source.DoAsync("calc-dirty-rate", ("calc-time", 60));
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        (await source.DoAsync("query-dirty-rate")).GetProperty("status").GetString().ShouldBe("unstarted");
        await source.UntilPhaseAsync("completed");
        (await target.BadPagesAsync()).ShouldBe(0);
    }

    private static async Task<long> DirtyingAsync(TestGuest guest)
    {
        await guest.DoAsync("calc-dirty-rate", ("calc-time", 1), ("mode", JsonValue.Create("dirty-bitmap")));
        while (true)
        {
            var seen = await guest.DoAsync("query-dirty-rate");
            if (seen.GetProperty("status").GetString() is "measured")
                return seen.GetProperty("x-fabric-pages").GetInt64();
        }
    }

    private static async Task UntilAsync(TestGuest guest, Func<JsonElement, bool> isSo)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            guard.Token.ThrowIfCancellationRequested();
            var seen = await guest.DoAsync("query-migrate");
            if (seen.TryGetProperty("ram", out _) && isSo(seen))
                return;
        }
    }
}
