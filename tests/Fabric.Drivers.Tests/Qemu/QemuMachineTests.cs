using Fabric.Drivers.Linux;
using Fabric.Drivers.Qemu;
using Fabric.Drivers.Qmp;
using Fabric.Drivers.Tests.Qmp;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Qemu;

/// <summary>A machine whose monitors are scripted; its process is this test's own.</summary>
public sealed class QemuMachineTests : IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly QemuDirectory _directory = new(Directory.CreateTempSubdirectory("fabric-vm-").FullName);
    private readonly TaskCompletionSource _isSaid = new();
    private volatile string _status = "running";
    private volatile string _migration = "{}";

    public void Dispose() => Directory.Delete(_directory.Path, recursive: true);

    // Answers looks with the state at the time, everything else with success.
    private async Task ServeAsync(MockMonitor monitor)
    {
        while (true)
        {
            var (command, id) = await monitor.HearAsync();
            var value = command switch
            {
                "query-status" => $$"""{"status": "{{_status}}", "running": true}""",
                "query-migrate" => _migration,
                _ => "{}",
            };
            await monitor.SayAsync($$"""{"return": {{value}}, "id": {{id}}}""");
        }
    }

    private async Task<QemuMachine> AttachAsync(TimeSpan? commandTimeout = null)
    {
        var options = new QmpOptions { CommandTimeout = commandTimeout ?? HangGuard };
        var process = ProcessHandle.Open(ProcessIdentity.OfLiving(Environment.ProcessId)!)!;
        var monitors = await QemuMonitors.ConnectAsync(_directory, process, options, TimeProvider.System, default);
        return new QemuMachine(_directory, process, monitors, note: null, TimeProvider.System);
    }

    private MockMonitor OutOfBand(Func<MockMonitor, Task>? then = null) => new(
        async m =>
        {
            await m.OpenAsync();
            await (then?.Invoke(m) ?? m.HearNothingMoreAsync());
        },
        _directory.OutOfBandMonitor);

    private static async Task<List<MachineEvent>> UntilAsync(QemuMachine machine, Func<MachineEvent, bool> last)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        var seen = new List<MachineEvent>();
        await foreach (var happened in machine.EventsAsync(guard.Token))
        {
            seen.Add(happened);
            if (last(happened))
                break;
        }

        return seen;
    }

    private MockMonitor Main(params string[] events) => new(
        async m =>
        {
            await m.SayAsync(MockMonitor.Greeting);
            await m.AnswerAsync();
            var serving = ServeAsync(m);
            await Task.WhenAny(_isSaid.Task, serving);
            foreach (var line in events)
                await m.SayAsync(line);
            await serving;
        },
        _directory.Monitor);

    private static string Migration(string status) =>
        $$$"""{"event": "MIGRATION", "data": {"status": "{{{status}}}"}}""";

    [Fact]
    public async Task Events_begin_with_the_state_that_is_found()
    {
        _migration = """{"status": "failed", "error-desc": "broken pipe"}""";
        await using var main = Main();
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        (await UntilAsync(machine, e => e is MigrationPhaseChanged)).ShouldBe(
            [new RunStateChanged(RunState.Running), new MigrationPhaseChanged(MigrationPhase.Failed, "broken pipe")]);
    }

    [Fact]
    public async Task Guest_that_ran_for_a_moment_is_told_even_if_it_is_paused_again()
    {
        _status = "paused";
        await using var main = Main("""{"event": "RESUME"}""", """{"event": "STOP"}""");
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        await UntilAsync(machine, e => e is RunStateChanged);
        _isSaid.SetResult();
        (await UntilAsync(machine, e => e is RunStateChanged { Run: RunState.Paused })).ShouldBe(
            [new RunStateChanged(RunState.Running), new RunStateChanged(RunState.Paused)]);
    }

    [Fact]
    public async Task Unknown_and_contrary_phases_are_passed_on_as_they_come()
    {
        await using var main = Main(
            Migration("completed"),
            Migration("active"),
            Migration("brand-new"),
            """{"event": "MIGRATION"}""",
            Migration("failed"));
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        await UntilAsync(machine, e => e is RunStateChanged);
        _isSaid.SetResult();
        (await UntilAsync(machine, e => e is MigrationPhaseChanged { Phase: MigrationPhase.Failed }))
            .OfType<MigrationPhaseChanged>().Select(e => e.Phase)
            .ShouldBe([MigrationPhase.Completed, MigrationPhase.Active, MigrationPhase.Unknown, MigrationPhase.Failed]);
    }

    [Fact]
    public async Task State_is_looked_at_anew_when_events_were_lost()
    {
        var flood = Enumerable.Repeat("""{"event": "RTC_CHANGE"}""", Limits.Qemu.EventsMax * 20);
        await using var main = Main([Migration("device"), .. flood, """{"event": "STOP"}"""]);
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        await UntilAsync(machine, e => e is RunStateChanged);
        _status = "postmigrate";
        _migration = """{"status": "completed"}""";
        _isSaid.SetResult();
        await UntilAsync(machine, e => e is RunStateChanged { Run: RunState.Postmigrate });
    }

    [Fact]
    public async Task Cancel_that_is_not_answered_cuts_the_connection_out_of_band()
    {
        var yanked = new TaskCompletionSource<string>();
        await using var main = new MockMonitor(
            async m =>
            {
                await m.OpenAsync();
                await m.HearNothingMoreAsync();
            },
            _directory.Monitor);
        await using var outOfBand = OutOfBand(async m =>
        {
            var (command, id) = await m.HearAsync();
            await m.SayAsync($$$"""{"error": {"class": "DeviceNotFound", "desc": "no migration"}, "id": {{{id}}}}""");
            yanked.SetResult(command);
            await m.HearNothingMoreAsync();
        });
        await using var machine = await AttachAsync();
        await machine.CancelOutgoingAsync(default);
        (await yanked.Task).ShouldBe("yank");
    }

    [Fact]
    public async Task Lost_monitor_of_a_living_process_is_no_dead_machine()
    {
        await using var main = new MockMonitor(m => m.OpenAsync(), _directory.Monitor);
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        (await Should.ThrowAsync<HypervisorException>(() => machine.ContinueAsync(default)))
            .Fault.ShouldBe(HypervisorFault.NoAnswer);
        machine.Exited.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 300)]
    public async Task Policy_that_would_never_read_the_bitmap_again_is_refused(long bandwidth, int downtimeMs)
    {
        await using var main = Main();
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        await Should.ThrowAsync<ArgumentOutOfRangeException>(
            () => machine.SetPolicyAsync(new TransferPolicy(bandwidth, downtimeMs), default));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(40, 2)]
    public async Task Guest_is_slowed_by_parameters_of_their_own_and_only_when_it_is_to_be(int percent, int settings)
    {
        var heard = 0;
        var done = new TaskCompletionSource();
        await using var main = new MockMonitor(
            async m =>
            {
                await m.OpenAsync();
                while (true)
                {
                    var (command, id) = await m.HearAsync();
                    if (command is "migrate-set-parameters" && Interlocked.Increment(ref heard) == settings)
                        done.TrySetResult();
                    var value = command is "query-status" ? """{"status": "running", "running": true}""" : "{}";
                    await m.SayAsync($$"""{"return": {{value}}, "id": {{id}}}""");
                }
            },
            _directory.Monitor);
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        await machine.LimitAsync(new TransferLimits(1_000_000, 300, percent), default);
        await done.Task.WaitAsync(HangGuard);
        heard.ShouldBe(settings);
    }

    [Fact]
    public async Task Dirty_rate_in_MiB_a_second_becomes_pages_of_the_interval()
    {
        await using var main = new MockMonitor(
            async m =>
            {
                await m.OpenAsync();
                while (true)
                {
                    var (command, id) = await m.HearAsync();
                    var value = command switch
                    {
                        "query-status" => """{"status": "running", "running": true}""",
                        "query-dirty-rate" => """{"status": "measured", "dirty-rate": 3, "calc-time": 1}""",
                        _ => "{}",
                    };
                    await m.SayAsync($$"""{"return": {{value}}, "id": {{id}}}""");
                }
            },
            _directory.Monitor);
        await using var outOfBand = OutOfBand();
        await using var machine = await AttachAsync();
        (await machine.WatchDirtyingAsync(TimeSpan.FromMilliseconds(200), default))
            .ShouldBe(new DirtyingSeen(3 * 256, TimeSpan.FromSeconds(1)));
    }
}
