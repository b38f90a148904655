using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Simulation.World;

/// <summary>
/// What VMs and hosts say of their networks. No packet goes over them here: what is walked is that the orders and effects
/// for them, lost, late and doubled, change nothing else.
/// </summary>
internal sealed partial class SimWorld
{
    private NetworkSpec? NetworkOf(int vm) => (Plan.Networks >> vm & 1) == 0
        ? null
        : new NetworkSpec
        {
            Kind = NetworkKind.Routed,
            Mac = new MacAddress(0x5254_0000_0000UL + (ulong)vm + 1),
            Addresses = [HostAddress.Of(string.Create(CultureInfo.InvariantCulture, $"10.1.0.{vm + 1}"))],
            Tap = string.Create(CultureInfo.InvariantCulture, $"vtap{vm}"),
            GatewayMac = new MacAddress(0x0200_0000_0001UL),
        };

    private MigrateRequested Asked(HostId source, HostId target, MigrationPolicy policy) =>
        new(target, policy) { Network = new NetworkEnds(EndOf(source), EndOf(target)) };

    private NetworkEnd EndOf(HostId host) => new(
        host, HostAddress.Of(string.Create(CultureInfo.InvariantCulture, $"10.9.0.{HostOf(host).Number + 1}")));
}
