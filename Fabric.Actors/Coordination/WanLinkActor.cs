using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>To a link between sites: a migration's claim.</summary>
public sealed record LineClaimed(LineClaim Claim);

/// <summary>To a link between sites: a migration has no use for it any more.</summary>
public sealed record LineLeft(MigrationId Migration);

/// <summary>
/// The shell around <see cref="LineBudget"/>: hears migrations, and tells each what it has when that is news. It has no
/// journal: its users say again what they want, so whatever is lost here is known again a moment later.
/// </summary>
public sealed class WanLinkActor(WanLink link) : Actor
{
    private const string LookTimer = "look";

    private readonly Dictionary<MigrationId, LineSight> _told = [];
    private LineBudget? _budget;
    private long _began;

    private sealed record Look;

    /// <inheritdoc/>
    protected override ValueTask PreStart()
    {
        _began = Context.System.Time.GetTimestamp();
        _budget = LineBudget.Of(link, TimeSpan.Zero);
        LookLater();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask ReceiveAsync(object message)
    {
        switch (message)
        {
            case LineClaimed claimed:
                // Who claims may have forgotten what it was told.
                _told.Remove(claimed.Claim.Migration);
                Tell(_budget!.Heard(claimed.Claim, Now()));
                break;
            case LineLeft left:
                Tell(_budget!.Left(left.Migration, Now()));
                break;
            case Look:
                Tell(_budget!.Looked(Now()));
                LookLater();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for a link between sites");
        }

        return ValueTask.CompletedTask;
    }

    private void Tell(LineBudget budget)
    {
        _budget = budget;
        var sights = budget.Sights();
        foreach (var gone in _told.Keys.Except(sights.Select(s => s.Migration)).ToArray())
            _told.Remove(gone);
        foreach (var (migration, sight) in sights)
        {
            if (_told.TryGetValue(migration, out var told) && told == sight)
                continue;
            _told[migration] = sight;
            Context.System.Entity(EntityKinds.Migration, migration.Value).Tell(new LineSeen(sight));
        }
    }

    private void LookLater() =>
        Timers.StartSingle(LookTimer, new Look(), TimeSpan.FromMilliseconds(Limits.Rate.LineSettlesMs));

    private TimeSpan Now() => Context.System.Time.GetElapsedTime(_began);
}
