using System.Runtime.CompilerServices;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// Watching: news on the event stream only say that something was written; what was written is read from the journal,
/// from the version that the watcher has. So an event is told once, in order, also when news were lost on the way.
/// </summary>
public sealed partial class FabricService
{
    /// <summary>
    /// One migration until it is over: a snapshot, then what is journalled after <paramref name="after"/> (null: after
    /// the snapshot), with numbers in between.
    /// </summary>
    public async IAsyncEnumerable<WatchItem> WatchMigrationAsync(
        MigrationId id, long? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var news = _system.EventStream.Subscribe<IFabricNews>(Limits.Api.WatchQueueMax);
        var snapshot = await GetMigrationAsync(id, cancellation);
        yield return new MigrationSnapshot(snapshot);
        var seen = after ?? snapshot.Version;
        for (var stale = true; ;)
        {
            if (stale)
            {
                foreach (var entry in await JournalOfAsync(id, seen, Limits.Api.JournalPageMax, cancellation))
                {
                    seen = entry.Version;
                    yield return new EventWritten(entry);
                }

                var now = await GetMigrationAsync(id, cancellation);
                stale = now.Version > seen;
                if (stale)
                    continue;
                if (now.Stage == StageKind.Over)
                {
                    yield return new WatchOver(now);
                    yield break;
                }
            }

            if (!await NextAsync(news, cancellation))
            {
                stale = true;
                yield return new Beat();
                continue;
            }

            while (!stale && news.Reader.TryRead(out var item))
            {
                stale = item is MigrationNews { Migration: var written } && written == id;
                if (ItemOf(item, id) is { } told)
                    yield return told;
            }

            stale |= news.TakeMissed() > 0;
        }
    }

    /// <summary>Everything, for as long as the watcher keeps up.</summary>
    public async IAsyncEnumerable<WatchItem> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var news = _system.EventStream.Subscribe<IFabricNews>(Limits.Api.WatchQueueMax);
        var seen = new Dictionary<MigrationId, long>();
        var snapshot = await SnapshotAsync(cancellation);
        foreach (var migration in snapshot.Migrations)
            seen[migration.Id] = migration.Version;
        yield return snapshot;
        while (true)
        {
            if (!await NextAsync(news, cancellation))
            {
                yield return new Beat();
                continue;
            }

            while (news.Reader.TryRead(out var item))
            {
                if (item is MigrationNews written)
                {
                    await foreach (var told in WrittenSinceAsync(written, seen, cancellation))
                        yield return told;
                }
                else if (item is VmNews { Vm: var vm })
                {
                    yield return new VmChanged(vm, await FoldVmAsync(vm, cancellation));
                }
                else if (ItemOf(item, null) is { } told)
                {
                    yield return told;
                }
            }

            if (news.TakeMissed() is > 0 and var missed)
            {
                yield return new Lagged(missed);
                yield break;
            }
        }
    }

    private async Task<FabricSnapshot> SnapshotAsync(CancellationToken cancellation)
    {
        var vms = await ListVmsAsync(null, Limits.Api.PageMax, cancellation);
        var migrations = await ListMigrationsAsync(null, Limits.Api.PageDefault, null, cancellation);
        return new FabricSnapshot(await ListHostsAsync(cancellation), vms.Vms, migrations.Migrations);
    }

    private async IAsyncEnumerable<WatchItem> WrittenSinceAsync(
        MigrationNews news, Dictionary<MigrationId, long> seen,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var from = seen.GetValueOrDefault(news.Migration);
        foreach (var entry in await JournalOfAsync(news.Migration, from, Limits.Api.JournalPageMax, cancellation))
        {
            seen[news.Migration] = entry.Version;
            yield return new EventWritten(entry);
        }

        if (news.Stage == StageKind.Over)
            seen.Remove(news.Migration);
    }

    private WatchItem? ItemOf(IFabricNews news, MigrationId? only) => news switch
    {
        MigrationProgress p when only is null || only == p.Migration => new NumbersSeen(
            new TransferSeen(p.Migration, p.Attempt, p.Progress, _system.Time.GetUtcNow())),
        MigrationHeldAt h when only is null || only == h.Migration =>
            new HoldReached(h.Migration, h.Stage, h.MillisecondsMax),
        MigrationLine l when only is null || only == l.Migration => new LineTold(l.Migration, l.Line),
        HostUp up when only is null => new HostChanged(up.Host, true),
        HostDown down when only is null => new HostChanged(down.Host, false),
        _ => null,
    };

    /// <summary>False: nothing for a beat.</summary>
    private async Task<bool> NextAsync(EventSubscription<IFabricNews> news, CancellationToken cancellation)
    {
        using var beat = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.Api.WatchBeatMs), _system.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(beat.Token, cancellation);
        try
        {
            return await news.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
