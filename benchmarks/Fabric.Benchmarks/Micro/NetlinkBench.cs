using BenchmarkDotNet.Attributes;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Micro;

/// <summary>
/// One change of the kernel's tables, acknowledged: what a flip is made of. Needs root, and makes a network namespace of its
/// own by a thread that leaves the program's.
/// </summary>
public class NetlinkBench
{
    private static readonly HostAddress Vm = HostAddress.Of("10.99.0.7");
    private static readonly MacAddress Mac = MacAddress.Of("52:54:00:aa:00:01");
    private static readonly HostAddress[] Hops = [HostAddress.Of("10.98.0.2"), HostAddress.Of("10.98.0.3")];
    private NetlinkRoute? _kernel;
    private int _vxlan;
    private int _turn;

    [GlobalSetup]
    public void Prepare()
    {
        _kernel = NetlinkRoute.Open(NetworkNamespace.Fresh());
        _kernel.CreateVxlan("fvx1", new VxlanSettings(1, HostAddress.Of("10.98.0.1")));
        _vxlan = _kernel.Link("fvx1")!.Index;
        _kernel.AddAddress(_vxlan, InterfaceAddress.Of("10.98.0.1/24"));
        _kernel.SetUp(_vxlan, up: true);
    }

    [Benchmark]
    public void ReplaceRoute() =>
        _kernel!.ReplaceRoute(new RouteFacts(Vm, IsV6: false, RouteFacts.Main, _vxlan, Hops[_turn++ & 1], OnLink: false));

    [Benchmark]
    public void ReplaceRemoteEntry() => _kernel!.ReplaceRemote(_vxlan, Mac, Hops[_turn++ & 1]);

    [Benchmark]
    public RouteFacts? ReadRoute() => _kernel!.Route(Vm, isV6: false, RouteFacts.Main);

    [GlobalCleanup]
    public void Close() => _kernel!.Dispose();
}
