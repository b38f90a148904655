using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>Where hosts are in the network, as they say themselves.</summary>
public sealed partial class FabricService
{
    private async Task<NetworkEnds> EndsAsync(
        NetworkSpec network, HostId source, HostId target, IReadOnlyList<HostAddress> named, CancellationToken cancellation)
    {
        var hosts = await ListHostsAsync(cancellation);
        return new NetworkEnds(EndOf(source), EndOf(target))
        {
            Named = named.Count > 0 ? named : null,
            Members = network.Kind == NetworkKind.Vxlan
                ? [.. hosts.Select(h => h.Facts?.Underlay).OfType<HostAddress>().Distinct().Take(Limits.Network.MembersMax)]
                : [],
        };

        NetworkEnd? EndOf(HostId host) =>
            hosts.FirstOrDefault(h => h.Name == host)?.Facts?.Underlay is { } underlay ? new NetworkEnd(host, underlay) : null;
    }

    /// <summary>Before anything moves: a name that nobody changes would be believed to lead to the new site.</summary>
    private static void RequireName(VmSummary vm, IReadOnlyList<HostAddress> named)
    {
        if (named.Count == 0)
            return;
        if (vm.Spec.Network is not { Kind: NetworkKind.Tunnel, Dns: not null })
        {
            throw new FabricException(
                FabricFault.Invalid, FailureReason.NetworkUnfit, $"VM {vm.Name} has no name in DNS that moves with it.",
                "Only a network of kind tunnel with dns has one; leave the addresses out.");
        }

        if (named.Count > Limits.Network.AddressesMax || named.Distinct().Count() != named.Count)
        {
            throw new FabricException(
                FabricFault.Invalid, FailureReason.NetworkUnfit,
                $"The name of {vm.Name} is to have {named.Count} addresses, more than {Limits.Network.AddressesMax} or one twice.",
                "Give each address once.");
        }
    }
}
