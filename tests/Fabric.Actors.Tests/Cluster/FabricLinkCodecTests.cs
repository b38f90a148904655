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
