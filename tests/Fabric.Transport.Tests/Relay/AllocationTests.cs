using System.Net.Sockets;

namespace Fabric.Transport.Tests.Relay;

/// <summary>Alone in the process, so that what is counted is the relay's.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>Moving pages makes no garbage.</summary>
[Collection("alone")]
public class AllocationTests
{
    private const int MiB = 1024 * 1024;
    private const int PageSize = 4096;

    [Fact]
    public async Task A_page_through_both_relays_and_TLS_allocates_less_than_a_byte()
    {
        var (rig, tls) = await RelayRig.SecureAsync();
        using var outgoing = await rig.OutgoingAsync();
        outgoing.Send(new byte[1]);
        using var incoming = await rig.IncomingAsync();
        incoming.Receive(new byte[1]).ShouldBe(1);
        Move(outgoing, incoming, 64 * MiB);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        Move(outgoing, incoming, 256 * MiB);
        var perPage = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / (256 * MiB / PageSize);
        perPage.ShouldBeLessThan(1.0);

        outgoing.Close();
        incoming.Close();
        await rig.EndsAsync();
        await rig.DisposeAsync();
        await tls.DisposeAsync();
    }

    // Threads and blocking calls: what drives the relay allocates nothing by itself.
    private static void Move(Socket from, Socket to, int count)
    {
        var sender = new Thread(() => Send(from, count));
        sender.Start();
        var into = new byte[256 * 1024];
        for (var left = count; left > 0;)
            left -= to.Receive(into.AsSpan(0, Math.Min(left, into.Length)));
        sender.Join();
    }

    private static void Send(Socket to, int count)
    {
        var bytes = new byte[256 * 1024];
        for (var left = count; left > 0;)
            left -= to.Send(bytes.AsSpan(0, Math.Min(left, bytes.Length)));
    }
}
