using Fabric.Host.Faults.Truth;
using static Fabric.Host.Tests.Faults.Clock;

namespace Fabric.Host.Tests.Faults;

public sealed class RunLogTests
{
    private readonly RunLog _log = new();

    [Fact]
    public void Announced_runs_have_exact_times()
    {
        _log.Resumed(At(10));
        _log.Stopped(At(20));
        _log.Resumed(At(30));
        _log.Intervals.ShouldBe([Run(10, 20), Run(30, null)]);
    }

    [Fact]
    public void Run_that_was_not_announced_is_seen_by_asking()
    {
        _log.SeenRunning(At(15));
        _log.Stopped(At(20));
        _log.Intervals.ShouldBe([Run(15, 20) with { Sampled = true }]);
    }

    [Fact]
    public void Announcement_that_comes_after_the_answer_gives_the_exact_time()
    {
        _log.SeenRunning(At(15));
        _log.Resumed(At(12));
        _log.Intervals.ShouldBe([Run(12, null)]);
    }

    [Fact]
    public void Answer_from_before_the_last_stop_opens_nothing()
    {
        _log.Resumed(At(10));
        _log.Stopped(At(20));
        _log.SeenRunning(At(19));
        _log.Intervals.ShouldBe([Run(10, 20)]);
        _log.SeenRunning(At(21));
        _log.Intervals.Count.ShouldBe(2);
    }

    [Fact]
    public void Stop_without_a_run_is_no_run()
    {
        _log.Stopped(At(10));
        _log.Intervals.ShouldBeEmpty();
    }
}
