using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// A site: which of its hosts can be talked to. It tells the links that end in it whenever that changes, and again from
/// time to time. It orders nothing: a site that is lost runs its VMs as before.
/// </summary>
public sealed class SiteActor(SiteId id, SiteMap map, IHostLinks hosts) : Actor
{
    private const string TellTimer = "tell";

    private readonly List<IDisposable> _subscriptions = [];
    private readonly string[] _links =
        [.. map.Links.Values.Where(l => l.One == id || l.Other == id).Select(static l => l.Name)];

    private SiteSight _sight = SiteSight.Of(id, map.SiteOf.Where(h => h.Value == id).Select(static h => h.Key));

    private sealed record TellAgain;

    /// <inheritdoc/>
    protected override ValueTask PreStart()
    {
        _subscriptions.Add(Context.System.EventStream.Subscribe<HostUp>(Self));
        _subscriptions.Add(Context.System.EventStream.Subscribe<HostDown>(Self));
        _subscriptions.Add(Context.System.EventStream.Subscribe<HostSaid>(Self));
        foreach (var host in _sight.Hosts)
        {
            _sight = _sight.With(host.Host, hosts.IsConnected(host.Host), null);
            // It may have said so before this actor was there to hear it.
            if (hosts.IsConnected(host.Host))
                Context.System.Entity(EntityKinds.Host, host.Host.Value).Tell(PlaceAsked.Now);
        }

        Tell();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask PostStop()
    {
        foreach (var subscription in _subscriptions)
            subscription.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask ReceiveAsync(object message)
    {
        switch (message)
        {
            // Events of one host may overtake each other: what counts is whether it is connected now.
            case HostUp { Host: var host }:
                See(host, null);
                break;
            case HostDown { Host: var host }:
                See(host, null);
                break;
            case HostSaid said:
                See(said.Host, said.Facts.Data);
                break;
            case Wake or TellAgain:
                Tell();
                break;
            case Describe:
                Sender.Tell(_sight);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for a site");
        }

        return ValueTask.CompletedTask;
    }

    private void See(HostId host, DataEndpoint? endpoint)
    {
        if (!map.SiteOf.TryGetValue(host, out var site) || site != id)
            return;
        var before = _sight;
        _sight = _sight.With(host, hosts.IsConnected(host), endpoint);
        if (_sight.Hosts.SequenceEqual(before.Hosts))
            return;
        if (_sight.State != before.State)
            SiteLog.SiteIs(Context.Log, id, _sight.State, _sight.Hosts.Count(static h => h.Connected), _sight.Hosts.Length);
        Tell();
    }

    private void Tell()
    {
        foreach (var link in _links)
            Context.System.Entity(EntityKinds.WanLink, link).Tell(new SiteSeen(_sight));
        Timers.StartSingle(TellTimer, new TellAgain(), TimeSpan.FromMilliseconds(Limits.Sites.WatchLastsMs / 3));
    }
}
