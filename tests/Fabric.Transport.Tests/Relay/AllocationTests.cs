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
    private static readonly byte[] From = new byte[256 * 1024];
    private static readonly byte[] Into = new byte[256 * 1024];

    [Fact]
    public async Task A_page_through_both_relays_allocates_less_than_a_byte()
    {
        var rig = await RelayRig.PlainAsync();
        (await PerPageAsync(rig)).ShouldBeLessThan(1.0);
        await rig.DisposeAsync();
    }

    /// <summary>TLS rents its records from the shared pool, which now and then makes a new array: 64 KiB for 64 MiB.</summary>
    [Fact]
    public async Task A_page_through_both_relays_and_TLS_allocates_less_than_four_bytes()
    {
        var (rig, tls) = await RelayRig.SecureAsync();
        (await PerPageAsync(rig)).ShouldBeLessThan(4.0);
        await rig.DisposeAsync();
        await tls.DisposeAsync();
    }

    private static async Task<double> PerPageAsync(RelayRig rig)
    {
        using var outgoing = await rig.OutgoingAsync();
        outgoing.Send(new byte[1]);
        using var incoming = await rig.IncomingAsync();
        incoming.Receive(new byte[1]).ShouldBe(1);
        Move(outgoing, incoming, 64 * MiB);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        Move(outgoing, incoming, 256 * MiB);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        outgoing.Close();
        incoming.Close();
        await rig.EndsAsync();
        return (double)allocated / (256 * MiB / PageSize);
    }

    // Threads and blocking calls: what drives the relay allocates nothing by itself.
    private static void Move(Socket from, Socket to, int count)
    {
        var sender = new Thread(() => Send(from, count));
        sender.Start();
        for (var left = count; left > 0;)
            left -= to.Receive(Into.AsSpan(0, Math.Min(left, Into.Length)));
        sender.Join();
    }

    private static void Send(Socket to, int count)
    {
        for (var left = count; left > 0;)
            left -= to.Send(From.AsSpan(0, Math.Min(left, From.Length)));
    }
}
