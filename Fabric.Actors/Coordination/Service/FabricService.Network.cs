using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>Where hosts are in the network, as they say themselves.</summary>
public sealed partial class FabricService
{
    private async Task<NetworkEnds> EndsAsync(
        NetworkSpec network, HostId source, HostId target, CancellationToken cancellation)
    {
        var hosts = await ListHostsAsync(cancellation);
        return new NetworkEnds(EndOf(source), EndOf(target))
        {
            Members = network.Kind == NetworkKind.Vxlan
                ? [.. hosts.Select(h => h.Facts?.Underlay).OfType<HostAddress>().Distinct().Take(Limits.Network.MembersMax)]
                : [],
        };

        NetworkEnd? EndOf(HostId host) =>
            hosts.FirstOrDefault(h => h.Name == host)?.Facts?.Underlay is { } underlay ? new NetworkEnd(host, underlay) : null;
    }
}
