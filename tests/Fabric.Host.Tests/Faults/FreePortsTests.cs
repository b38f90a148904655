using System.Net;
using System.Net.Sockets;
using Fabric.Host.Faults.Lab;

namespace Fabric.Host.Tests.Faults;

public sealed class FreePortsTests
{
    [Fact]
    public void Ports_differ_and_can_be_listened_on()
    {
        var ports = FreePorts.Take(20);
        ports.Distinct().Count().ShouldBe(20);
        foreach (var port in ports)
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
        }
    }

    [Fact]
    public void No_port_is_one_that_the_kernel_gives_to_whoever_connects() =>
        FreePorts.Take(50).ShouldAllBe(port => port < FirstOfKernel());

    private static int FirstOfKernel() => int.Parse(
        File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t')[0],
        System.Globalization.CultureInfo.InvariantCulture);
}
