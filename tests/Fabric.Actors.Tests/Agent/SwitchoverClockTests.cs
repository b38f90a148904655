using Fabric.Actors.Agent;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Agent;

public sealed class SwitchoverClockTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Parts_follow_one_another_and_what_is_said_first_stays()
    {
        var clock = new SwitchoverClock(_time);
        clock.Paused();
        Pass(30);
        clock.Paused();
        clock.DisksDone(hadDisks: true);
        Pass(40);
        var told = clock.HandedOff();
        told.ShouldBe(new HandOffTimes(40) { DisksMs = 30 });
        Pass(100);
        clock.HandedOff().ShouldBe(told);
    }

    [Fact]
    public void Without_disks_there_is_no_time_of_theirs()
    {
        var clock = new SwitchoverClock(_time);
        clock.Paused();
        clock.DisksDone(hadDisks: false);
        Pass(5);
        clock.HandedOff().ShouldBe(new HandOffTimes(5));
    }

    [Fact]
    public void What_nobody_saw_begin_has_no_length()
    {
        new SwitchoverClock(_time).HandedOff().ShouldBeNull();
        var clock = new SwitchoverClock(_time);
        clock.DisksDone(hadDisks: true);
        Pass(5);
        clock.HandedOff().ShouldNotBeNull().DisksMs.ShouldBeNull();
    }

    private void Pass(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
