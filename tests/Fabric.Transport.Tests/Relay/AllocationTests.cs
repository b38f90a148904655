using System.Net.Sockets;
using Fabric.Transport.Tests.Disks;
using Fabric.Transport.Tests.Pages.Store;
using Fabric.Transport.Wire;

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

        // Smaller rounds: what the clock makes (ten times a second) must not fall into each of them on a busy machine.
        (await PerPageAsync(rig, rounds: 64, mib: 4)).ShouldBe(0);
        await rig.DisposeAsync();
        await tls.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_through_both_relays_and_page_work_allocates_nothing(bool withStore)
    {
        using var stores = withStore ? new StoreRig() : null;
        var rig = await RelayRig.PlainAsync(
            work: new(new(), new(), TargetStore: stores?.Stores.For(StoreRig.Vm, "m-1/1")));

        // Smaller rounds: it takes ten times as long, and what the clock makes (ten times a second) must not fall into
        // each of them.
        (await PerPageAsync(rig, EndlessGuest.Head, EndlessGuest.Rounds, rounds: 64, mib: 4)).ShouldBe(0);
        var work = rig.Source.PageWork;
        (withStore ? work.Delta : work.Plain).ShouldBeGreaterThan(10_000);
        (withStore ? work.Reference : work.Raw).ShouldBeGreaterThan(10_000);
        await rig.DisposeAsync();
    }

    [Fact]
    public async Task A_block_through_both_relays_of_a_disk_allocates_nothing()
    {
        var rig = await DiskRig.PlainAsync();
        using var client = rig.Connect();
        var sender = new Thread(() => SendUntilClosed(client, [], From));
        sender.Start();
        using var server = await rig.AcceptAsync();
        Best(server, rounds: 64, mib: 4).ShouldBe(0);
        await rig.Source.AbortAsync(AbortReason.Cancelled);
        sender.Join();
        await rig.DisposeAsync();
    }

    private static async Task<double> PerPageAsync(
        RelayRig rig, byte[]? head = null, byte[]? endless = null, int rounds = 16, int mib = 32)
    {
        using var outgoing = rig.Outgoing();
        var sender = new Thread(() => SendUntilClosed(outgoing, head ?? [], endless ?? From));
        sender.Start();
        using var incoming = await rig.IncomingAsync();
        var best = Best(incoming, rounds, mib);

        // The target's side ends it: for a QEMU that is gone it would wait for another.
        await rig.Target.AbortAsync(AbortReason.Cancelled);
        await rig.EndsAsync();
        sender.Join();
        return best;
    }

    private static double Best(Socket incoming, int rounds, int mib)
    {
        Receive(incoming, 64 * MiB);

        // The best of many rounds: the test runner's own reports fall into some, garbage that comes with the pages into
        // all.
        var best = double.MaxValue;
        for (var round = 0; round < rounds; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Receive(incoming, mib * MiB);
            best = Math.Min(best, (GC.GetTotalAllocatedBytes(precise: true) - before) / ((double)mib * MiB / PageSize));
        }

        return best;
    }

    // Blocking calls: what drives the relay allocates nothing by itself.
    private static void Receive(Socket from, int count)
    {
        for (var left = count; left > 0;)
            left -= from.Receive(Into.AsSpan(0, Math.Min(left, Into.Length)));
    }

    private static void SendUntilClosed(Socket to, byte[] head, byte[] rounds)
    {
        try
        {
            to.Send(head);
            while (true)
                to.Send(rounds);
        }
        catch (SocketException)
        {
            // The relay closed it.
        }
    }
}
