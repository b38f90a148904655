using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Qemu;

public sealed class MachineEventQueueTests
{
    private static readonly MachineExited Exit = new(null, "");

    private static ProgressMade Progress(int round) => new(new TransferProgress(round, 0, 0, 0, 0, 0, 0, null));

    private static RoundEnded Round(int number) => new(new Round(number, 0, 0, 0, 0, 0, 0));

    private static async Task<List<MachineEvent>> ReadAsync(MachineEventQueue queue) =>
        await queue.ReadAsync(CancellationToken.None).ToListAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    [Fact]
    public async Task Only_the_newest_progress_waits_and_the_order_of_the_rest_stays()
    {
        var queue = new MachineEventQueue(10);
        queue.Add(Progress(1));
        queue.Add(Round(1));
        queue.Add(Progress(2));
        queue.Add(new RunStateChanged(RunState.Paused));
        queue.Add(Exit);
        (await ReadAsync(queue)).ShouldBe([Round(1), Progress(2), new RunStateChanged(RunState.Paused), Exit]);
    }

    [Fact]
    public async Task Full_queue_gives_up_rounds_before_states()
    {
        var queue = new MachineEventQueue(3);
        queue.Add(new RunStateChanged(RunState.Running));
        queue.Add(Round(1));
        queue.Add(Round(2));
        queue.Add(new MigrationPhaseChanged(MigrationPhase.Active, null));
        queue.Add(Exit);
        (await ReadAsync(queue)).ShouldBe(
            [new RunStateChanged(RunState.Running), new MigrationPhaseChanged(MigrationPhase.Active, null), Exit]);
    }

    [Fact]
    public async Task Flood_of_states_keeps_the_last_of_each_kind()
    {
        var queue = new MachineEventQueue(4);
        queue.Add(new MigrationPhaseChanged(MigrationPhase.Failed, "why"));
        for (var i = 0; i < 1000; i++)
            queue.Add(new RunStateChanged(i % 2 == 0 ? RunState.Running : RunState.Paused));
        queue.Add(Exit);
        var events = await ReadAsync(queue);
        events.Count.ShouldBeLessThanOrEqualTo(4);
        events[0].ShouldBe(new MigrationPhaseChanged(MigrationPhase.Failed, "why"));
        events[^2].ShouldBe(new RunStateChanged(RunState.Paused));
        events[^1].ShouldBe(Exit);
    }

    [Fact]
    public async Task Reader_waits_for_what_comes_and_nothing_comes_after_the_exit()
    {
        var queue = new MachineEventQueue(4);
        var reading = ReadAsync(queue);
        queue.Add(Round(1));
        queue.Add(Exit);
        queue.Add(Round(2));
        (await reading).ShouldBe([Round(1), Exit]);
    }
}
