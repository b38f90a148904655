using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>An image on a host that no guest there owns, and what will become of it.</summary>
/// <param name="Host">Where.</param>
/// <param name="Leftover">What the host says of it.</param>
/// <param name="NeededBy">The migration under way that goes on from it; null when nobody needs it.</param>
/// <param name="Becomes">In words: what is done with it, and by whom.</param>
public sealed record HostLeftover(HostId Host, DiskLeftover Leftover, MigrationId? NeededBy, string Becomes);

/// <summary>What is left over on all hosts that are connected.</summary>
/// <param name="Leftovers">What nobody needs.</param>
/// <param name="Unseen">Hosts that are not connected: what they have, nobody knows.</param>
public sealed record LeftoverList(IReadOnlyList<HostLeftover> Leftovers, IReadOnlyList<HostId> Unseen);

public sealed partial class FabricService
{
    /// <summary>What is left over; with <paramref name="all"/>, what migrations under way will go on from too.</summary>
    public async Task<LeftoverList> ListLeftoversAsync(bool all, CancellationToken cancellation)
    {
        var found = new List<HostLeftover>();
        var unseen = new List<HostId>();
        foreach (var host in await ListHostsAsync(cancellation))
        {
            if (!host.Connected)
                unseen.Add(host.Name);
            foreach (var leftover in host.Connected ? host.Facts?.Leftovers ?? [] : [])
            {
                var vm = leftover.Vm is { } name ? await FoldVmAsync(name, cancellation) : null;
                var judged = Judge(host.Name, leftover, vm);
                if (all || judged.NeededBy is null)
                    found.Add(judged);
            }
        }

        return new LeftoverList(found, unseen);
    }

    private static HostLeftover Judge(HostId host, DiskLeftover leftover, VmSummary? vm) => vm switch
    {
        null when leftover.Kind == LeftoverKind.Unreadable => new(
            host, leftover, null, "It stays until you look: nobody knows whose it is. Remove image and note by hand."),
        null => new(host, leftover, null, $"It stays until you look: there is no VM {leftover.Vm}. Remove it by hand."),
        { Migration: { } migration } when host == vm.Target || host == vm.Host => new(
            host, leftover, migration, "The migration goes on from it, or removes it."),
        _ when vm.Host == host => new(
            host, leftover, null, $"It stays until you look: {vm.Name} belongs to this host, and may need it."),
        _ => new(host, leftover, null, "It is being removed: the VM belongs to another host."),
    };
}
