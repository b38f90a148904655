using Fabric.Actors.Cluster;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// The coordinator's actors and their way in: reports of hosts go to the migration or the VM that they speak of. One
/// coordinator runs at a time; its journal is the only truth, and everything here can be killed at any moment.
/// </summary>
public sealed class Coordinator : INodeLinkHubHandler
{
    private readonly ActorSystem _system;
    private readonly IJournal _journal;
    private readonly IHostLinks _hosts;
    private readonly SiteMap _sites;

    /// <summary>Registers the entities; nothing runs before <see cref="ResumeAsync"/>.</summary>
    public Coordinator(
        ActorSystem system, IJournal journal, IHostLinks hosts, HoldPoint? hold, Deciders? deciders = null,
        SiteMap? sites = null)
    {
        var decide = deciders ?? Deciders.Protocol;
        var map = sites ?? SiteMap.None;
        (_system, _journal, _hosts, _sites) = (system, journal, hosts, map);
        system.Entities.Register(
            EntityKinds.Vm, id => Journalled(() => new VmActor(VmId.Of(id), journal, hosts, decide)));
        system.Entities.Register(
            EntityKinds.Migration,
            id => Journalled(() => new MigrationActor(MigrationId.Of(id), journal, hosts, hold, decide, map)));
        system.Entities.Register(
            EntityKinds.Host, id => Journalled(() => new HostActor(HostId.Of(id), journal, hosts)));
        system.Entities.Register(EntityKinds.Overlays, _ => Props.Create(() => new OverlayActor(hosts)));
        system.Entities.Register(
            EntityKinds.WanLink, id => Props.Create(() => new WanLinkActor(map.Links[id], hosts)));
        system.Entities.Register(
            EntityKinds.Site, id => Props.Create(() => new SiteActor(SiteId.Of(id), map, hosts)));
    }

    /// <summary>A migration that nobody writes to must go on by itself when its journal has room again.</summary>
    public static Props Journalled(Func<Actor> factory) => Props.Create(factory) with
    {
        Supervision = new SupervisionPolicy { RereadAfter = TimeSpan.FromMilliseconds(Limits.Actors.RereadBackoffMs) },
    };

    /// <summary>
    /// Wakes every VM and every migration: each reads its stream and takes up what was open. Links between sites begin to be
    /// measured before.
    /// </summary>
    public async Task ResumeAsync(CancellationToken cancellation)
    {
        // Before the VMs wake up, so that it hears them.
        var overlays = _system.Entity(EntityKinds.Overlays, OverlayActor.Only);
        await overlays.TellAsync(Wake.Up, cancellationToken: cancellation);
        foreach (var link in _sites.Links.Keys)
            await _system.Entity(EntityKinds.WanLink, link).TellAsync(Wake.Up, cancellationToken: cancellation);
        foreach (var kind in new[] { EntityKinds.Migration, EntityKinds.Vm })
        {
            await foreach (var stream in _journal.ListStreamsAsync(kind, cancellation))
            {
                if (!string.Equals(stream.Stream.Kind, kind, StringComparison.Ordinal))
                    continue;
                await _system.Entity(kind, stream.Stream.Id).TellAsync(Wake.Up, cancellationToken: cancellation);
                if (kind is EntityKinds.Vm)
                    await overlays.TellAsync(new VmNews(VmId.Of(stream.Stream.Id)), cancellationToken: cancellation);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask OnHostConnectedAsync(HostId host, string instance, int version)
    {
        _system.EventStream.Publish(new HostUp(host));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask OnHostDisconnectedAsync(HostId host, LinkEnd end)
    {
        _system.EventStream.Publish(new HostDown(host));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask OnMessageAsync(HostId host, object message, CancellationToken ended)
    {
        switch (message)
        {
            case HostFacts facts:
                _system.EventStream.Publish(new HostSaid(host, facts));
                await _system.Entity(EntityKinds.Host, host.Value).TellAsync(
                    new HostIntroduced(facts), cancellationToken: ended);
                break;
            case LineProbed probed:
                // Whoever was asked to measure a link that is configured no more says nothing about any other.
                if (_sites.Between(host, probed.Target) is { } link
                    && string.Equals(link.Name, probed.Link, StringComparison.Ordinal))
                {
                    await _system.Entity(EntityKinds.WanLink, link.Name)
                        .TellAsync(new LineHeard(host, probed), cancellationToken: ended);
                }

                break;
            case Report { Stamp.Migration: { } migration } report:
                await _system.Entity(EntityKinds.Migration, migration.Value)
                    .TellAsync(new HostReported(host, report), cancellationToken: ended);
                break;
            case DirtyingReport dirtying:
                _system.EventStream.Publish(new DirtyingMeasured(dirtying));
                break;
            case Report report:
                await _system.Entity(EntityKinds.Vm, report.Stamp.Vm.Value)
                    .TellAsync(new HostReported(host, report), cancellationToken: ended);
                break;
            default:
                throw new LinkProtocolException(
                    LinkFault.UnknownMessage, $"a host does not send {message.GetType().Name}");
        }
    }

    /// <summary>Whether the host's agent is connected.</summary>
    public bool IsConnected(HostId host) => _hosts.IsConnected(host);
}
