using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Relay;
using Fabric.Transport.Tests.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Disks;

/// <summary>
/// What a disk's link is, whatever carries it: conversations one after the other, each with its own bytes, all of them and
/// no others, through cuts at any place.
/// </summary>
public abstract class DiskSpec
{
    private static readonly LinkTerms Terms = new(HeartbeatMs: 200);

    /// <summary>Every so many bytes a place to cut at.</summary>
    protected abstract int CutStep { get; }

    internal abstract LinkRig Rig(LinkTerms terms, LinkPurpose purpose);

    [Fact]
    public async Task A_conversation_carries_its_bytes_both_ways_at_once()
    {
        await using var link = Rig(Terms, LinkPurpose.OfDisk(2));
        await using var rig = await OpenAsync(link);
        var (client, server) = await rig.OpenAsync();
        var (there, back) = (Bytes(1, 5_000_000), Bytes(2, 3_000_000));
        var writes = Task.WhenAll(DiskRig.WriteAsync(client, there), DiskRig.WriteAsync(server, back));
        var read = await Task.WhenAll(
            DiskRig.ReadAsync(server, there.Length), DiskRig.ReadAsync(client, back.Length));
        read[0].ShouldBe(there);
        read[1].ShouldBe(back);
        await writes.Within();
        client.Dispose();
        (await DiskRig.ReadAllAsync(server)).ShouldBeEmpty();
        var traffic = rig.Source.Traffic;
        (traffic.Sent, traffic.Received, traffic.Conversations, traffic.Stalls).ShouldBe((5_000_000, 3_000_000, 1, 0));
        traffic.WireSent.ShouldBeInRange(5_000_000, 5_100_000);
        traffic.WireReceived.ShouldBeInRange(3_000_000, 3_100_000);
        (await EndAsync(rig)).ShouldBe((RelayEnd.Completed, RelayEnd.Completed));
    }

    [Fact]
    public async Task Each_conversation_has_a_connection_of_its_own_and_its_own_bytes()
    {
        await using var link = Rig(Terms, LinkPurpose.OfDisk(0));
        await using var rig = await OpenAsync(link);
        for (var i = 1; i <= 20; i++)
            await ConverseAsync(rig, i, clientCloses: i % 2 == 0);
        rig.Source.Traffic.Conversations.ShouldBe(20);
        (await EndAsync(rig)).ShouldBe((RelayEnd.Completed, RelayEnd.Completed));
        rig.Target.Traffic.Conversations.ShouldBe(20);
        File.Exists(rig.SourcePath).ShouldBeFalse();
    }

    /// <summary>At places of the first connection, in every piece and between all, at either side.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_anywhere_is_invisible_to_both_QEMUs(bool whileWriting)
    {
        for (var at = 0; at < 400; at += CutStep)
        {
            await using var link = Rig(Terms, LinkPurpose.OfDisk(0));
            await using var rig = await OpenAsync(link);
            link.Made.First().Source.CutAfter(whileWriting ? at : long.MaxValue, whileWriting ? long.MaxValue : at);
            await ConverseAsync(rig, 1, clientCloses: true);
            await ConverseAsync(rig, 2, clientCloses: false);
            (await EndAsync(rig)).ShouldBe((RelayEnd.Completed, RelayEnd.Completed));
        }
    }

    [Fact]
    public async Task Many_cuts_at_random_places_change_no_byte()
    {
        var random = new Random(5);
        await using var link = Rig(Terms, LinkPurpose.OfDisk(7));
        link.Making = (number, near, far) =>
        {
            if (number is > 0 and < 12)
                (number % 2 == 0 ? near : far).CutAfter(2_000 + random.Next(900_000), 2_000 + random.Next(900_000));
        };
        await using var rig = await OpenAsync(link);
        link.Made.First().Source.CutAfter(30_000);
        for (var i = 1; i <= 6; i++)
            await ConverseAsync(rig, i, clientCloses: i % 2 == 0, size: 1_300_000);
        link.Dials.ShouldBeGreaterThan(2);
        (await EndAsync(rig)).ShouldBe((RelayEnd.Completed, RelayEnd.Completed));
    }

    [Fact]
    public async Task While_the_link_is_down_QEMU_may_go_and_come_and_gets_on_when_it_is_up()
    {
        await using var link = Rig(Terms, LinkPurpose.OfDisk(0));
        await using var rig = await OpenAsync(link);
        var (first, old) = await rig.OpenAsync();
        link.IsShut = true;
        link.Cut();
        first.Dispose();
        using var second = rig.Connect();
        var accepting = rig.AcceptAsync();
        var sending = DiskRig.WriteAsync(second, [1, 2, 3]);
        accepting.IsCompleted.ShouldBeFalse();
        link.IsShut = false;
        (await DiskRig.ReadAllAsync(old)).ShouldBeEmpty();
        (await DiskRig.ReadAsync(await accepting, 3)).ShouldBe([1, 2, 3]);
        await sending.Within();
        (await EndAsync(rig)).ShouldBe((RelayEnd.Completed, RelayEnd.Completed));
    }

    [Fact]
    public async Task An_abort_in_the_middle_frees_both_QEMUs_and_everything_that_was_lent()
    {
        foreach (var atSource in new[] { true, false })
        {
            await using var link = Rig(Terms, LinkPurpose.OfDisk(0));
            await using var rig = await OpenAsync(link);
            var (client, server) = await rig.OpenAsync();

            // More than all windows and sockets hold, and nobody reads: every loop is within a call.
            var writes = new[]
            {
                DiskRig.WriteAsync(client, new byte[40_000_000]), DiskRig.WriteAsync(server, new byte[9_000_000]),
            };
            var first = atSource ? 0 : 1;
            foreach (var side in new[] { first, 1 - first })
            {
                // The other one too: on a busy machine a path may take the reason too late, and then it is a cut.
                await (side == 0
                    ? rig.Source.AbortAsync(AbortReason.Cancelled)
                    : rig.Target.AbortAsync(AbortReason.Cancelled)).Within();
                await Should.ThrowAsync<SocketException>(writes[side].Within());
            }

            var ends = await rig.EndsAsync();
            ends.Source.ShouldSatisfyAllConditions(
                o => o.End.ShouldBe(RelayEnd.Aborted), o => o.Reason.ShouldBe(AbortReason.Cancelled));
            ends.Target.Reason.ShouldBe(AbortReason.Cancelled);
            rig.Buffers.Lent.ShouldBe(0);
            File.Exists(rig.SourcePath).ShouldBeFalse();
        }
    }

    private static async Task<DiskRig> OpenAsync(LinkRig link)
    {
        var (source, target) = await link.OpenAsync();
        return new DiskRig(source, target);
    }

    private static async Task ConverseAsync(DiskRig rig, int seed, bool clientCloses, int size = 150)
    {
        var (client, server) = await rig.OpenAsync();
        var (there, back) = (Bytes(seed, size + seed), Bytes(-seed, size / 2));
        var writing = DiskRig.WriteAsync(client, there);
        (await DiskRig.ReadAsync(server, there.Length)).ShouldBe(there);
        await writing.Within();
        writing = DiskRig.WriteAsync(server, back);
        (await DiskRig.ReadAsync(client, back.Length)).ShouldBe(back);
        await writing.Within();
        var (closes, hears) = clientCloses ? (client, server) : (server, client);
        closes.Dispose();
        (await DiskRig.ReadAllAsync(hears)).ShouldBeEmpty();
        hears.Dispose();
    }

    private static async Task<(RelayEnd, RelayEnd)> EndAsync(DiskRig rig)
    {
        await rig.Source.EndAsync().Within();
        var ends = await rig.EndsAsync();
        return (ends.Source.End, ends.Target.End);
    }

    private static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}

public class DiskOverMemoryTests : DiskSpec
{
    protected override int CutStep => 3;

    internal override LinkRig Rig(LinkTerms terms, LinkPurpose purpose) => new(MemoryPath.Make, false, terms, purpose);
}

public class DiskOverTcpTests : DiskSpec
{
    protected override int CutStep => 13;

    internal override LinkRig Rig(LinkTerms terms, LinkPurpose purpose) =>
        new(LinkOverTcpTests.TcpPair, false, terms, purpose);
}

public class DiskOverTlsTests : DiskSpec
{
    protected override int CutStep => 41;

    internal override LinkRig Rig(LinkTerms terms, LinkPurpose purpose) =>
        new(LinkOverTcpTests.TcpPair, true, terms, purpose);
}
