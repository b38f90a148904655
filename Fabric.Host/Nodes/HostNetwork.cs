using System.Net;
using Fabric.Actors.Agent;
using Fabric.Drivers.Network;
using Fabric.Host.Configuration;
using Fabric.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Nodes;

/// <summary>What moves the networks of a host's VMs, as its settings say. Nothing is looked at before it is needed.</summary>
internal static class HostNetwork
{
    /// <summary>That of a host.</summary>
    public static NetworkTools Of(NodeSettings settings, TimeProvider time, ILogger log)
    {
        var network = settings.Host.Network;
        var notes = Path.GetFullPath(Path.Combine(settings.Node.StateDirectory, network.NotesDirectory));
        var place = network.Place with { Underlay = UnderlayOf(settings.Host) };
        var names = network.DnsKeys.Count == 0
            ? null
            : new DnsUpdater(
                network.DnsKeys.ToDictionary(
                    k => k.Key, k => NetworkSettingsBinder.ReadSecret(k.Value), StringComparer.OrdinalIgnoreCase),
                time);
        var redirector = new NetworkRedirector(place, new FileNetworkNotes(notes), names, time);
        return new NetworkTools(
            redirector,
            place.Underlay,
            [.. network.Routers.Select((router, i) => new NetworkRouter(
                new NetworkRedirector(
                    new NetworkPlace { Namespace = router.Namespace },
                    new FileNetworkNotes(Path.Combine(notes, $"router-{NameOf(router.Namespace)}")), names: null, time),
                router.Via))])
        {
            Overlays = new Overlays(redirector, log),
        };
    }

    /// <summary>After the last copy has let go.</summary>
    public static async Task CloseAsync(NetworkTools network)
    {
        if (network.Overlays is { } overlays)
            await overlays.DisposeAsync();
        await network.Redirector.DisposeAsync();
        foreach (var router in network.Routers)
            await router.Redirector.DisposeAsync();
    }

    // Where a host is told to be reached for data it is reached for tunnels too, unless it says otherwise.
    private static HostAddress? UnderlayOf(HostSettings host) => host.Network.Place.Underlay
        ?? (IPAddress.TryParse(host.DataAdvertise.Host.Trim('[', ']'), out var address) ? HostAddress.TryOf(address) : null);

    private static string NameOf(string place) => place.Trim('/').Replace('/', '-');
}
