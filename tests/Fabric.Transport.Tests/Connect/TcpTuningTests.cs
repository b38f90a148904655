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

    [Fact]
    public void Kernels_counters_are_read_while_the_connection_is_open_and_not_after()
    {
        var pair = new Pair();
        pair.Near.Send(new byte[100_000]);
        pair.Far.Receive(new byte[1]);
        TcpCounters.TryRead(pair.Near, out var counters).ShouldBeTrue();
        counters.Sent.ShouldBeInRange(1u, 100u);
        counters.Resent.ShouldBe(0u);
        counters.RoundTripUs.ShouldBeInRange(1u, 1_000_000u);
        pair.Dispose();
        TcpCounters.TryRead(pair.Near, out _).ShouldBeFalse();
        TcpCounters.TryRead(null, out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Links_measures_count_the_segments_of_its_connections()
    {
        await using var rig = new Rig();
        var (source, target) = await rig.LinkAsync();
        await using var near = source;
        await using var far = target;
        using var buffers = new LinkBufferPool();
        using (var buffer = buffers.Rent("test"))
        {
            await source.SendAsync(buffer, 200_000).Within();
            var into = new byte[200_000];
            for (var got = 0; got < into.Length;)
                got += await target.ReceiveAsync(into).Within();
        }

        var measures = source.Measure();
        measures.Connections.ShouldBe(1);
        measures.SegmentsSent.ShouldNotBeNull().ShouldBeGreaterThan(3);
        measures.SegmentsResent.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(measures.SegmentsSent.Value);
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
