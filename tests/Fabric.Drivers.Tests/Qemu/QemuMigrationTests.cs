using System.Text.Json;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Qemu;

public sealed class QemuMigrationTests
{
    private static QemuMigration Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return QemuMigration.Read(document.RootElement);
    }

    [Fact]
    public void Empty_answer_is_no_migration() =>
        Read("{}").ShouldBe(new QemuMigration(MigrationPhase.None, null, null));

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"status": 7}""")]
    [InlineData("""{"status": "quantum-entangled"}""")]
    public void Nothing_is_concluded_from_an_unknown_state(string json) =>
        Read(json).Phase.ShouldBe(MigrationPhase.Unknown);

    [Fact]
    public void Failure_without_words_is_a_failure()
    {
        Read("""{"status": "failed"}""").ShouldBe(new QemuMigration(MigrationPhase.Failed, null, null));
        Read("""{"status": "failed", "error-desc": "pipe\nbroken"}""").Error.ShouldBe("pipe broken");
    }

    // qapi/migration.json of 10.0, which holds all of 7.2's.
    [Theory]
    [InlineData("none", MigrationPhase.None)]
    [InlineData("setup", MigrationPhase.Setup)]
    [InlineData("cancelling", MigrationPhase.Cancelling)]
    [InlineData("cancelled", MigrationPhase.Cancelled)]
    [InlineData("active", MigrationPhase.Active)]
    [InlineData("postcopy-active", MigrationPhase.PostcopyActive)]
    [InlineData("postcopy-paused", MigrationPhase.PostcopyPaused)]
    [InlineData("postcopy-recover-setup", MigrationPhase.PostcopyRecoverSetup)]
    [InlineData("postcopy-recover", MigrationPhase.PostcopyRecover)]
    [InlineData("completed", MigrationPhase.Completed)]
    [InlineData("failed", MigrationPhase.Failed)]
    [InlineData("colo", MigrationPhase.Colo)]
    [InlineData("pre-switchover", MigrationPhase.PreSwitchover)]
    [InlineData("device", MigrationPhase.Device)]
    [InlineData("wait-unplug", MigrationPhase.WaitUnplug)]
    public void Every_state_has_its_name(string status, MigrationPhase phase) =>
        QemuNames.PhaseOf(status).ShouldBe(phase);

    [Theory]
    [InlineData("running", RunState.Running)]
    [InlineData("suspended", RunState.Running)]
    [InlineData("prelaunch", RunState.Paused)]
    [InlineData("paused", RunState.Paused)]
    [InlineData("inmigrate", RunState.Inmigrate)]
    [InlineData("finish-migrate", RunState.FinishMigrate)]
    [InlineData("postmigrate", RunState.Postmigrate)]
    [InlineData("shutdown", RunState.Shutdown)]
    [InlineData("guest-panicked", RunState.Broken)]
    [InlineData("internal-error", RunState.Broken)]
    [InlineData("io-error", RunState.Broken)]
    [InlineData("something-new", RunState.Broken)]
    public void Every_run_state_has_its_name(string status, RunState run) => QemuNames.RunStateOf(status).ShouldBe(run);

    [Fact]
    public void Counters_are_read()
    {
        var ram = Read("""
            {"status": "active", "total-time": 1500, "expected-downtime": 300,
             "ram": {"total": 134283264, "postcopy-requests": 0, "dirty-sync-count": 3, "page-size": 4096,
                     "remaining": 8192,
                     "mbps": 80.5, "transferred": 1000000, "duplicate": 10, "dirty-pages-rate": 77, "normal": 20}}
            """).Ram.ShouldNotBeNull();
        ram.Progress().ShouldBe(new(3, 8192, 1_000_000, 0, 134_283_264, 77, 10_062_500, null));
        ram.Pages.ShouldBe(30);
    }

    [Fact]
    public void Counters_that_are_nonsense_are_brought_into_range()
    {
        var ram = Read("""
            {"status": "completed", "total-time": -4, "downtime": 18446744073709551615,
             "ram": {"total": "many", "dirty-sync-count": 99999999999, "remaining": 18446744073709551615,
                     "page-size": 0,
                     "mbps": 1e300, "transferred": -1, "duplicate": 9223372036854775807, "normal": 9223372036854775807,
                     "dirty-pages-rate": 1.5}}
            """).Ram.ShouldNotBeNull();
        ram.ShouldBe(new QemuRam(int.MaxValue, long.MaxValue, 0, long.MaxValue, 0, 4096, 0, 0, 0, long.MaxValue));
    }
}
