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
    public async Task A_page_through_both_relays_allocates_nothing()
    {
        var rig = await RelayRig.PlainAsync();
        (await PerPageAsync(rig)).ShouldBe(0);
        await rig.DisposeAsync();
    }

    [Fact]
    public async Task A_page_through_both_relays_and_TLS_allocates_nothing()
    {
        var (rig, tls) = await RelayRig.SecureAsync();
        (await PerPageAsync(rig)).ShouldBe(0);
        await rig.DisposeAsync();
        await tls.DisposeAsync();
    }

    private static async Task<double> PerPageAsync(RelayRig rig)
    {
        using var outgoing = rig.Outgoing();
        var sender = new Thread(() => SendUntilClosed(outgoing));
        sender.Start();
        using var incoming = await rig.IncomingAsync();
        Receive(incoming, 64 * MiB);

        // The best of sixteen rounds of 32 MiB: the test runner's own reports fall into some, garbage that comes with
        // the pages into all.
        var best = double.MaxValue;
        for (var round = 0; round < 16; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Receive(incoming, 32 * MiB);
            best = Math.Min(best, (GC.GetTotalAllocatedBytes(precise: true) - before) / (32.0 * MiB / PageSize));
        }

        incoming.Close();
        await rig.EndsAsync();
        sender.Join();
        return best;
    }

    // Blocking calls: what drives the relay allocates nothing by itself.
    private static void Receive(Socket from, int count)
    {
        for (var left = count; left > 0;)
            left -= from.Receive(Into.AsSpan(0, Math.Min(left, Into.Length)));
    }

    private static void SendUntilClosed(Socket to)
    {
        try
        {
            while (true)
                to.Send(From);
        }
        catch (SocketException)
        {
            // The relay closed it.
        }
    }
}
