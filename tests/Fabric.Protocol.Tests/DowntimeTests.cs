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

    [Fact]
    public void Each_step_has_the_time_that_its_own_host_measured()
    {
        var handOff = new HandOffTimes(40) { DisksMs = 30, NoteMs = 2 };
        var downtime = DowntimeOf(handOff, new CommitNoted(7), new ActivationTimes(3, 5) { NetworkMs = 4 });
        (downtime.DisksMs, downtime.LastBytesMs, downtime.HandOffNoteMs).ShouldBe((30, 40, 2));
        (downtime.CommitNoteMs, downtime.GrantMs, downtime.NetworkMs, downtime.RunMs).ShouldBe((7, 3, 4, 5));
        // On the coordinator's clock: 100 until handed off, 50 until loaded, 60 until run, of which the target's own are 12.
        (downtime.TotalMs, downtime.LastPagesMs, downtime.LoadMs, downtime.CommitMs).ShouldBe((210, 100, 50, 48));
        downtime.ReleaseMs.ShouldBeNull("that comes after it");
    }

    [Fact]
    public void Step_that_nobody_measured_has_no_time()
    {
        var downtime = DowntimeOf(null, null, null);
        (downtime.DisksMs, downtime.LastBytesMs, downtime.HandOffNoteMs, downtime.CommitNoteMs, downtime.NetworkMs)
            .ShouldBe((null, null, null, null, null));
        downtime.TotalMs.ShouldBe(210);
    }

    private static Downtime DowntimeOf(HandOffTimes? handOff, CommitNoted? noted, ActivationTimes? activation)
    {
        var state = MigrationEvolution.Evolve(Begun, new AttemptStarted(1, Heard));
        var now = Heard;
        MigrationEnded? ended = null;
        void Step(MigrationInput input)
        {
            var events = MigrationMachine.Decide(state, input, now).Events;
            state = events.Aggregate(state, MigrationEvolution.Evolve);
            ended ??= events.OfType<MigrationEnded>().SingleOrDefault();
        }

        void Source(SourceView view) => Step(new Reported(
            HostId.Of("host-a"), new SourceReport(((Begun)state.Stage).Stamp, view) { HandOff = handOff }));
        void Target(TargetView view, TransferOffer? offer = null) => Step(new Reported(
            HostId.Of("host-b"), new TargetReport(((Begun)state.Stage).Stamp, view, offer, Activation: activation)));

        Source(SourceView.Ready);
        Target(TargetView.Prepared, new TransferOffer(new DataEndpoint("127.0.0.1", 7601), "ticket"));
        Source(SourceView.Sending);
        Source(SourceView.Paused);
        now = Heard.AddMilliseconds(100);
        Source(SourceView.HandedOff);
        now = Heard.AddMilliseconds(150);
        Target(TargetView.Loaded);
        state.Stage.ShouldBeOfType<InCommitment>();
        if (noted is not null)
            Step(noted);
        now = Heard.AddMilliseconds(210);
        Target(TargetView.Running);
        return ended.ShouldNotBeNull($"it is in {state.Stage.Kind}").Downtime.ShouldNotBeNull();
    }

    private static Sight Seen(Sight sight, DateTimeOffset at, SourceView view, long? pausedFor) =>
        MigrationEvolution.Evolve(Begun with { Sight = sight }, new SourceSighted(view, null, null, null, at, null, pausedFor))
            .Sight;
}
