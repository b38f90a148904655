using System.Net;
using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;

namespace Fabric.Transport.Tests.Connect;

public class TcpTuningTests
{
    [Fact]
    public void A_congestion_control_that_the_kernel_does_not_have_falls_back_by_name()
    {
        using var pair = new Pair();
        var before = TcpTuning.CongestionOf(pair.Near);
        var news = TcpTuning.Choose(pair.Near, "nosuch").ShouldNotBeNull();
        news.Kind.ShouldBe(LinkNewsKind.CongestionFellBack);
        news.Detail.ShouldContain("nosuch");
        news.Detail.ShouldContain(before);
        TcpTuning.CongestionOf(pair.Near).ShouldBe(before);
    }

    [Fact]
    public void One_that_is_named_is_taken()
    {
        // Every kernel has it and allows it.
        using var pair = new Pair();
        TcpTuning.Choose(pair.Near, "reno").ShouldBeNull();
        TcpTuning.CongestionOf(pair.Near).ShouldBe("reno");
    }

    [Fact]
    public void The_kernels_own_choice_is_left_alone()
    {
        using var pair = new Pair();
        var before = TcpTuning.CongestionOf(pair.Near);
        TcpTuning.Choose(pair.Near, LinkTerms.KernelsChoice).ShouldBeNull();
        TcpTuning.CongestionOf(pair.Near).ShouldBe(before);
    }

    [Fact]
    public void By_the_path_a_connection_gets_one_of_the_three()
    {
        using var pair = new Pair();
        TcpTuning.Choose(pair.Near, LinkTerms.ByPath);
        TcpTuning.CongestionOf(pair.Near).ShouldBeOneOf("cubic", "reno", "bbr");
    }

    private sealed class Pair : IDisposable
    {
        public Pair()
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            Near.Connect(listener.LocalEndPoint!);
            Far = listener.Accept();
        }

        public Socket Near { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Socket Far { get; }

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}
