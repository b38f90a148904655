using System.Buffers;
using System.Text;
using System.Text.Json;
using Fabric.Actors.Cluster;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Cluster;

public sealed class FabricLinkCodecTests
{
    private const string Stamp =
        "\"stamp\":{\"vm\":\"v1\",\"migration\":\"v1-m4\",\"term\":4,\"attempt\":1,\"epoch\":1}";

    [Fact]
    public void What_is_written_is_read_again()
    {
        var stamp = new Stamp(VmId.Of("v1"), MigrationId.Of("v1-m4"), 4, 1, 1);
        foreach (object message in new object[]
        {
            new Grant(stamp, Side.Target),
            new TargetReport(stamp, TargetView.Prepared, new TransferOffer(new DataEndpoint("h", 1), "t")),
            new HostFacts("qemu", null, 1, 1, new DataEndpoint("h", 1)),
            new LineWatch("east~west", HostId.Of("w1"), new DataEndpoint("h", 1)),
            new LineProbed("east~west", HostId.Of("w1"), Answered: true, 50.5, 1, 0),
            new LineProbed("east~west", HostId.Of("w1"), Answered: false, Problem: "no answer"),
        })
        {
            var output = new ArrayBufferWriter<byte>();
            new FabricLinkCodec().Write(message, output);
            new FabricLinkCodec().Read(output.WrittenSpan).ShouldBe(message);
        }
    }

    [Fact]
    public void A_place_in_an_overlay_is_read_again()
    {
        var network = new NetworkSpec
        {
            Kind = NetworkKind.Vxlan,
            Mac = MacAddress.Of("52:54:00:aa:00:01"),
            Tap = "vtap",
            Bridge = "brov",
            Vni = 100,
        };
        var place = new OverlayPlace(
            VmId.Of("v1"), 3, network, new NetworkEnd(HostId.Of("b"), HostAddress.Of("10.2.0.11")))
        { Members = [HostAddress.Of("10.1.0.11"), HostAddress.Of("fd00::1")] };
        var output = new ArrayBufferWriter<byte>();
        new FabricLinkCodec().Write(place, output);
        var read = new FabricLinkCodec().Read(output.WrittenSpan).ShouldBeOfType<OverlayPlace>();
        (read.Vm, read.Epoch, read.At).ShouldBe((place.Vm, place.Epoch, place.At));
        read.Network.SameAs(network).ShouldBeTrue();
        read.Members.ShouldBe(place.Members);
    }

    [Theory]
    [InlineData("{\"report\":\"source\"," + Stamp + ",\"view\":42}")]
    [InlineData("{\"report\":\"source\"," + Stamp + ",\"view\":\"Failed\",\"reason\":999}")]
    [InlineData("{\"report\":\"target\"," + Stamp + ",\"view\":\"Prepared\"}")]
    [InlineData("{\"report\":\"precheck\"," + Stamp + ",\"side\":\"Source\"}")]
    [InlineData(
        "{\"report\":\"precheck\"," + Stamp + ",\"side\":\"Source\",\"obstacles\":[{\"reason\":999,\"detail\":\"\"}]}")]
    [InlineData("{\"report\":\"round\"," + Stamp + "}")]
    [InlineData("{\"report\":\"source\",\"view\":\"Ready\"}")]
    [InlineData("{\"order\":\"start-vm\"," + Stamp + "}")]
    [InlineData("{\"order\":\"grant\"," + Stamp + ",\"side\":7}")]
    [InlineData("{\"overlay\":{\"vm\":\"v1\",\"epoch\":1}}")]
    [InlineData("{\"overlay\":null}")]
    [InlineData(
        "{\"overlay\":{\"vm\":\"v1\",\"epoch\":1,\"network\":{\"kind\":\"Vxlan\"},\"at\":{\"host\":\"a\",\"underlay\":\"10.0.0.1\"},\"members\":[]}}")]
    [InlineData("{\"watch\":{\"link\":\"east~west\",\"target\":\"w1\"}}")]
    [InlineData("{\"watch\":{\"link\":\"east~west\",\"endpoint\":{\"host\":\"h\",\"port\":1}}}")]
    [InlineData("{\"watch\":null}")]
    [InlineData("{\"probed\":{\"target\":\"w1\",\"answered\":true}}")]
    [InlineData("{\"probed\":{\"link\":\"east~west\",\"answered\":true}}")]
    [InlineData("{\"probed\":{\"link\":\"east~west\",\"target\":\"w1\",\"answered\":true,\"roundTripMs\":-1}}")]
    [InlineData("{\"probed\":{\"link\":\"east~west\",\"target\":\"w1\",\"answered\":true,\"roundTripMs\":1e9}}")]
    [InlineData("{\"probed\":{\"link\":\"east~west\",\"target\":\"w1\",\"segmentsSent\":-1}}")]
    public void A_message_with_a_part_missing_or_unknown_is_refused(string json) =>
        Should.Throw<JsonException>(() => new FabricLinkCodec().Read(Encoding.UTF8.GetBytes(json)));
}
