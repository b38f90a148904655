using Fabric.Actors.Agent;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Agent;

public sealed class LeftoverRhythmTests
{
    private static readonly DiskLeftover[] None = [];
    private static readonly DiskLeftover[] One =
        [new("/disks/a.qcow2", VmId.Of("a"), DiskId.Of("root"), LeftoverKind.Partial, null)];

    [Fact]
    public void What_is_left_is_told_after_1_2_4_s_up_to_a_minute()
    {
        var rhythm = new LeftoverRhythm();
        rhythm.Changed(One).ShouldBeTrue();
        var told = new List<int>();
        for (var look = 0; look < 8; look++)
        {
            told.Add(rhythm.NextMs);
            rhythm.Looked(One).ShouldBeTrue();
        }

        told.ShouldBe([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    }

    /// <summary>
    /// Found by the fault suite: a target's agent that was killed at the commit came back, told of an image that was partial,
    /// let the guest run on it, and did not say that it was partial no more.
    /// </summary>
    [Fact]
    public void That_nothing_is_left_any_more_is_told_once()
    {
        var rhythm = new LeftoverRhythm();
        rhythm.Looked(One).ShouldBeTrue();
        rhythm.Looked(None).ShouldBeTrue();
        rhythm.Looked(None).ShouldBeFalse();
        rhythm.Changed(One);
        rhythm.Changed(None);
        rhythm.Looked(None).ShouldBeFalse("it was told when it changed");
    }

    [Fact]
    public void What_cannot_be_removed_is_told_no_sooner_for_it()
    {
        var rhythm = new LeftoverRhythm();
        rhythm.Changed(One).ShouldBeTrue();
        rhythm.Looked(One);
        rhythm.Changed(One).ShouldBeFalse();
        rhythm.NextMs.ShouldBe(2_000);
    }
}
