using Fabric.Protocol;

namespace Fabric.Protocol.Tests;

/// <summary>The downtime counts from when the guest stopped, not from when the coordinator heard of it.</summary>
public sealed class DowntimeTests
{
    private static readonly DateTimeOffset Heard = new(2026, 1, 1, 0, 0, 10, TimeSpan.Zero);

    private static readonly MigrationState Begun = MigrationEvolution.Evolve(
        MigrationState.Initial,
        new MigrationRequested(
            new MigrationPlan(
                MigrationId.Of("demo-m4"), HostId.Of("host-a"), HostId.Of("host-b"), 1, 4,
                new VmSpec { Id = VmId.Of("demo"), MemoryKiB = 131136 }, new MigrationPolicy()),
            Heard.AddMinutes(-1)));

    [Theory]
    [InlineData(null, 0)]
    [InlineData(0L, 0)]
    [InlineData(3_900L, 3_900)]
    [InlineData(-5L, 0)]
    [InlineData(long.MaxValue, Limits.Migration.PausedMsMax)]
    public void Pause_is_as_old_as_its_host_says(long? pausedFor, long before) =>
        Seen(Sight.None, Heard, SourceView.HandedOff, pausedFor).PausedAt.ShouldBe(Heard.AddMilliseconds(-before));

    [Fact]
    public void Later_word_never_makes_a_pause_shorter()
    {
        var sight = Seen(Sight.None, Heard, SourceView.Paused, pausedFor: 20);
        Seen(sight, Heard.AddSeconds(1), SourceView.HandedOff, pausedFor: 5).PausedAt.ShouldBe(Heard.AddMilliseconds(-20));
        Seen(sight, Heard.AddSeconds(1), SourceView.HandedOff, pausedFor: null).PausedAt.ShouldBe(Heard.AddMilliseconds(-20));
    }

    [Theory]
    [InlineData(SourceView.Sending)]
    [InlineData(SourceView.Failed)]
    public void Guest_that_runs_is_not_paused(SourceView view) =>
        Seen(Sight.None, Heard, view, pausedFor: 20).PausedAt.ShouldBeNull();

    private static Sight Seen(Sight sight, DateTimeOffset at, SourceView view, long? pausedFor) =>
        MigrationEvolution.Evolve(Begun with { Sight = sight }, new SourceSighted(view, null, null, null, at, null, pausedFor))
            .Sight;
}
