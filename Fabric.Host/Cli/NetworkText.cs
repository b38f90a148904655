using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>A VM's network as people read it: one line of what it is, one of where it is tied.</summary>
internal static class NetworkText
{
    public static void AddTo(TextTable table, NetworkSpec network)
    {
        var kind = Show.Word(network.Kind);
        if (network.Kind == NetworkKind.None)
        {
            table.Add("  network", kind);
            return;
        }

        table.Add("  network", string.Join(", ", Parts(network).Prepend(kind)));
        if (network.Gateways.Count > 0 || network.GatewayMac is not null)
            table.Add("  gateways", string.Join(", ", network.Gateways.Select(g => g.Value)
                .Concat(network.GatewayMac is { } mac ? [$"MAC {mac}"] : Array.Empty<string>())));
        if (network.Dns is { } dns)
            table.Add("  name", Show.Text($"{dns.Name} at {dns.Server}, key {dns.Key}, kept {dns.TtlSeconds} s"));
    }

    private static IEnumerable<string> Parts(NetworkSpec network)
    {
        if (network.Mac is { } mac)
            yield return $"MAC {mac}";
        foreach (var address in network.Addresses)
            yield return address.Value;
        yield return network.Bridge is { } bridge ? $"TAP {network.Tap} on {bridge}" : $"TAP {network.Tap}";
        if (network.Vni is { } vni)
            yield return Show.Text($"overlay {vni}");
        if (network.Mtu != Limits.Network.MtuDefault)
            yield return Show.Text($"MTU {network.Mtu}");
        if (network is { Kind: NetworkKind.Routed, Relay: false })
            yield return "no relay";
    }
}
