using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Migration;

public sealed class PostCopyTests
{
    private const int Mebibytes = 64;

    [Theory]
    [InlineData(GuestProgramSpec.Oltp)]
    [InlineData(GuestProgramSpec.MemoryMuncher)]
    [InlineData(GuestProgramSpec.KernelBuild)]
    public async Task Guest_runs_at_the_target_before_its_pages_are_there_and_loses_none(string program)
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync(program, mebibytes: Mebibytes);
        var (target, socket) = await TargetAsync(lab, program);
        // Slow enough to be looked at on its way: without a limit all may be there before it is asked.
        await BeginAsync(source, socket, postcopyBandwidth: 1_000_000);
        await target.UntilPhaseAsync("postcopy-active");
        (await target.RunStateAsync()).ShouldBe("paused");
        await target.DoAsync("cont");
        (await source.RunStateAsync()).ShouldBe("finish-migrate");
        await source.DoAsync("migrate-set-parameters", ("max-postcopy-bandwidth", 40_000_000));
        await source.UntilPhaseAsync("completed");
        await target.UntilPhaseAsync("completed");
        (await source.RunStateAsync()).ShouldBe("postmigrate");
        (await target.RunStateAsync()).ShouldBe("running");
        (await target.BadPagesAsync()).ShouldBe(0);
        (await source.DoAsync("query-migrate")).GetProperty("ram").GetProperty("postcopy-requests").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Hybrid_sends_a_round_first_and_only_what_changed_since_after_the_switch()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync(GuestProgramSpec.MemoryMuncher, mebibytes: Mebibytes);
        var (target, socket) = await TargetAsync(lab, GuestProgramSpec.MemoryMuncher);
        await source.EnableAsync(TestGuest.Postcopy);

        // A limit that keeps it in pre-copy for as long as the test wants.
        await source.DoAsync("migrate-set-parameters", ("max-bandwidth", 200_000_000), ("downtime-limit", 1));
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        await source.UntilPhaseAsync("active");
        while ((await source.DoAsync("query-migrate")).GetProperty("ram").GetProperty("dirty-sync-count").GetInt32() < 2)
        {
        }

        await source.DoAsync("migrate-start-postcopy");
        await target.UntilPhaseAsync("postcopy-active", "completed");
        await target.DoAsync("cont");
        await source.UntilPhaseAsync("completed");
        (await target.BadPagesAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Lost_connection_pauses_both_sides_and_a_new_one_brings_the_rest()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync(GuestProgramSpec.Oltp, mebibytes: Mebibytes);
        var (target, socket) = await TargetAsync(lab, GuestProgramSpec.Oltp);
        await BeginAsync(source, socket, postcopyBandwidth: 4_000_000);
        await target.UntilPhaseAsync("postcopy-active");
        await target.DoAsync("cont");

        for (var cut = 0; cut < 3; cut++)
        {
            await source.DoAsync("migrate-pause");
            await source.UntilPhaseAsync("postcopy-paused");
            await target.UntilPhaseAsync("postcopy-paused");
            (await source.RunStateAsync()).ShouldBe("finish-migrate");

            // Its guest may wait for a page, and it can be stopped all the same.
            await target.DoAsync("stop");
            (await target.RunStateAsync()).ShouldBe("paused");
            await target.DoAsync("cont");

            var again = lab.NewPath("again");
            await target.DoAsync("migrate-recover", ("uri", $"unix:{again}"));
            await source.DoAsync("migrate", ("uri", $"unix:{again}"), ("resume", true));
            await source.UntilPhaseAsync("postcopy-active");
            await target.UntilPhaseAsync("postcopy-active");
        }

        await source.DoAsync("migrate-set-parameters", ("max-postcopy-bandwidth", 0));
        await source.UntilPhaseAsync("completed");
        await target.UntilPhaseAsync("completed");
        (await target.BadPagesAsync()).ShouldBe(0);
        (await target.RunStateAsync()).ShouldBe("running");
    }

    [Fact]
    public async Task Source_never_runs_again_once_the_guest_was_handed_over()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync(GuestProgramSpec.Oltp, mebibytes: Mebibytes);
        var (target, socket) = await TargetAsync(lab, GuestProgramSpec.Oltp);
        await BeginAsync(source, socket, postcopyBandwidth: 4_000_000);
        await source.UntilPhaseAsync("postcopy-active");
        await source.DoAsync("migrate_cancel");
        (await source.PhaseAsync()).ShouldBe("postcopy-active");
        await target.DisposeAsync();
        await source.UntilPhaseAsync("postcopy-paused");
        (await source.RunStateAsync()).ShouldBe("finish-migrate");
        (await Should.ThrowAsync<Drivers.HypervisorException>(() => source.DoAsync("cont"))).Message.ShouldContain("not finalized");
    }

    [Fact]
    public async Task Target_without_the_capability_refuses_and_the_source_runs_on()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync(mebibytes: Mebibytes);
        var (target, socket) = await lab.ListenAsync(
            await lab.StartAsync(incoming: true, mebibytes: Mebibytes), TestGuest.Usual);
        await source.EnableAsync(TestGuest.Postcopy);
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        (await target.EndedAsync()).ShouldBe(1);
        target.Log.ShouldContain("PostcopyAdvise");
        await source.UntilPhaseAsync("failed");
        (await source.RunStateAsync()).ShouldBe("running");
    }

    private static async Task<(TestGuest Target, string Socket)> TargetAsync(GuestLab lab, string program) => await lab.ListenAsync(
        await lab.StartAsync(incoming: true, program, mebibytes: Mebibytes), TestGuest.Postcopy);

    // Over to post-copy as soon as it has begun.
    private static async Task BeginAsync(TestGuest source, string socket, long postcopyBandwidth)
    {
        await source.EnableAsync(TestGuest.Postcopy);
        await source.DoAsync(
            "migrate-set-parameters", ("max-bandwidth", 1_000_000), ("downtime-limit", 1), ("max-postcopy-bandwidth", postcopyBandwidth));
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        await source.UntilPhaseAsync("active");
        await source.DoAsync("migrate-start-postcopy");
    }
}
