using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Api;

/// <summary>Plays both hosts of one migration: answers orders as good agents do, up to a stage.</summary>
internal sealed class MigrationScript
{
    public static readonly Round Round = new(1, 1000, 4_096_000, 20, 50, 10_000_000, 400);

    private readonly ApiFixture _at;
    private readonly Lock _gate = new();
    private Task _tail = Task.CompletedTask;
    private SourceView _source = SourceView.Ready;
    private TargetView _target = TargetView.Absent;

    public MigrationScript(ApiFixture at)
    {
        _at = at;
        at.Hosts.OnOrder = (host, order) =>
        {
            // One after the other, as over a link; and never on the actor's own turn.
            lock (_gate)
                _tail = AnswerAsync(_tail, host, order);
        };
    }

    /// <summary>What stands in the way at the target.</summary>
    public Obstacle? Obstacle { get; init; }

    /// <summary>Whether the transfer goes on after its first round.</summary>
    public bool PausesAfterRound { get; init; } = true;

    /// <summary>What the target is when it was granted to run.</summary>
    public TargetView AfterGrant { get; init; } = TargetView.Running;

    private async Task AnswerAsync(Task before, HostId host, Order order)
    {
        await before;
        await Task.Yield();
        foreach (var report in Answers(order))
            await _at.Coordinator.OnMessageAsync(host, report, CancellationToken.None);
    }

    /// <summary>Pages that the guest writes in any interval; null: it cannot be measured.</summary>
    public long? Dirtied { get; init; } = 250;

    /// <summary>The first order to send in another way.</summary>
    public TaskCompletionSource<AdjustTransfer> Adjusted { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IEnumerable<Report> Answers(Order order)
    {
        var stamp = order.Stamp;
        switch (order)
        {
            case Precheck p:
                (_source, _target) = (SourceView.Ready, TargetView.Absent);
                yield return new PrecheckReport(
                    stamp, p.Side, p.Side == Side.Target && Obstacle is { } obstacle ? [obstacle] : []);
                break;
            case Observe { Side: Side.Source }:
                yield return Source(stamp, _source);
                break;
            case Observe:
                yield return Target(stamp, _target);
                break;
            case PrepareTarget:
                yield return Target(stamp, TargetView.Prepared);
                break;
            case BeginTransfer:
                yield return Source(stamp, SourceView.Sending);
                yield return Target(stamp, TargetView.Receiving);
                yield return new ProgressReport(
                    stamp,
                    new TransferProgress(1, 40_000_000, 27_000_000, 27_500_000, 67_174_400, 50, 10_000_000, null));
                yield return new RoundReport(stamp, Round);
                yield return new DecisionReport(
                    stamp, new TransferDecision(1, DecisionKind.Rate, 10_000_000, "because"));
                if (!PausesAfterRound)
                    break;
                yield return Source(stamp, SourceView.Paused);
                yield return Target(stamp, TargetView.Loaded);
                yield return Source(stamp, SourceView.HandedOff);
                break;
            case MeasureDirtying measure:
                yield return new DirtyingReport(stamp, measure.IntervalMs, Dirtied, Dirtied is null ? "it is busy" : null);
                break;
            case AdjustTransfer adjust:
                Adjusted.TrySetResult(adjust);
                break;
            case Grant { Side: Side.Target }:
                yield return Target(stamp, AfterGrant);
                break;
            case Grant:
                yield return Source(stamp, SourceView.Ready);
                break;
            case ReleaseSource:
                yield return Source(stamp, SourceView.Absent);
                break;
            case RollBackSource:
                yield return Source(stamp, SourceView.Failed);
                break;
            case DiscardTarget:
                yield return Target(stamp, TargetView.Gone);
                break;
        }
    }

    private SourceReport Source(Stamp stamp, SourceView view) => new(
        stamp, _source = view, view == SourceView.Failed ? FailureReason.Cancelled : null, null,
        view == SourceView.HandedOff ? new TransferProgress(2, 0, 0, 30_000_000, 67_174_400, 0, 0, 31) : null)
    {
        HandOff = view == SourceView.HandedOff ? new HandOffTimes(6.5) { DisksMs = 4.5, NoteMs = 0.5 } : null,
    };

    private TargetReport Target(Stamp stamp, TargetView view) => new(
        stamp, _target = view,
        view == TargetView.Prepared ? new TransferOffer(new DataEndpoint("127.0.0.1", 7601), "ticket") : null,
        Activation: view == TargetView.Running ? new ActivationTimes(1.5, 2.5) : null);

    /// <summary>Awaits that the migration has come to a state.</summary>
    public static async Task<MigrationSummary> UntilAsync(
        ApiFixture at, MigrationId id, Func<MigrationSummary, bool> condition)
    {
        using var news = at.System.EventStream.Subscribe<IFabricNews>();
        while (true)
        {
            var now = await at.Service.GetMigrationAsync(id, CancellationToken.None);
            if (condition(now))
                return now;
            await news.Reader.ReadAsync().AsTask().WaitAsync(ApiFixture.HangGuard);
        }
    }
}
