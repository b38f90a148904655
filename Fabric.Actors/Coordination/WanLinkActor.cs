using System.Collections.Immutable;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>To a link between sites: a migration's claim.</summary>
public sealed record LineClaimed(LineClaim Claim);

/// <summary>To a link between sites: a migration has no use for it any more.</summary>
public sealed record LineLeft(MigrationId Migration);

/// <summary>
/// The shell around <see cref="LineBudget"/> and <see cref="LineHealth"/>: hears migrations, hosts and its two sites, says
/// which hosts are to measure it, and tells each migration what it has, and how the link is, when that is news. It has no
/// journal: its users say again what they want, and hosts what they measure, so whatever is lost here is known again a moment
/// later.
/// </summary>
public sealed class WanLinkActor(WanLink link, IHostLinks hosts) : Actor
{
    private const string LookTimer = "look";

    private readonly Dictionary<MigrationId, LineSight> _told = [];
    private readonly Dictionary<SiteId, SiteSight> _sites = [];
    private LineBudget _budget = LineBudget.Of(link, TimeSpan.Zero);
    private LineHealth _health = LineHealth.Of(TimeSpan.Zero);
    private long _began;

    private sealed record Look;

    /// <inheritdoc/>
    protected override ValueTask PreStart()
    {
        _began = Context.System.Time.GetTimestamp();
        // After a restart it has to be told again whom to have it measured by.
        foreach (var site in new[] { link.One, link.Other })
            Context.System.Entity(EntityKinds.Site, site.Value).Tell(Wake.Up);
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
                _budget = _budget.Heard(claimed.Claim, Now());
                break;
            case LineLeft left:
                _budget = _budget.Left(left.Migration, Now());
                break;
            case LineHeard heard:
                See(_health.Heard(heard.From, heard.Probe, Now()));
                break;
            case LineCarried carried:
                See(_health.Carried(carried.Migration, carried.Link, Now()));
                break;
            case SiteSeen seen:
                _sites[seen.Site.Site] = seen.Site;
                Watch();
                break;
            case Look:
                _budget = _budget.Looked(Now());
                See(_health.Looked(Now()));
                LookLater();
                break;
            case Wake:
                return ValueTask.CompletedTask;
            case Describe:
                var places = _budget.Users.Count(static u => u.Admitted);
                Sender.Tell(new LineDescription(link, _health, Now(), places, _budget.Users.Length - places));
                return ValueTask.CompletedTask;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for a link between sites");
        }

        Tell();
        return ValueTask.CompletedTask;
    }

    private void See(LineHealth health)
    {
        var before = _health.State;
        _health = health;
        if (health.State != before)
            SiteLog.LinkIs(Context.Log, link, before, health);
    }

    /// <summary>Says who measures it; again whenever a site says how it is, for the order may have been lost.</summary>
    private void Watch()
    {
        if (!_sites.TryGetValue(link.One, out var one) || !_sites.TryGetValue(link.Other, out var other))
            return;
        var connected = one.Hosts.Concat(other.Hosts).Where(static h => h.Connected).Select(static h => h.Host);
        See(_health.Among(connected.ToImmutableHashSet(), Now()));
        foreach (var way in LineWay.Between(one, other))
        {
            if (hosts.TryWatch(way.From, new LineWatch(link.Name, way.To, way.Endpoint)))
                _health = _health.Watched(Now());
        }
    }

    private void Tell()
    {
        var sights = _budget.Sights();
        foreach (var gone in _told.Keys.Except(sights.Select(s => s.Migration)).ToArray())
            _told.Remove(gone);
        var held = _health.Holds(Now());
        foreach (var (migration, share) in sights)
        {
            var sight = share with { State = _health.State, Held = held, TimeoutMs = _health.TimeoutMs };
            if (_told.TryGetValue(migration, out var told) && told == sight)
                continue;
            _told[migration] = sight;
            Context.System.Entity(EntityKinds.Migration, migration.Value).Tell(new LineSeen(sight));
        }
    }

    private void LookLater() =>
        Timers.StartSingle(LookTimer, new Look(), TimeSpan.FromMilliseconds(Limits.Sites.LookEveryMs));

    private TimeSpan Now() => Context.System.Time.GetElapsedTime(_began);
}
