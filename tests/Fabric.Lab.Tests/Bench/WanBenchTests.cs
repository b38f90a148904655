using Fabric.Host.Bench.Wan;
using Fabric.Host.Impair;

namespace Fabric.Lab.Tests.Bench;

/// <summary>The comparison as <c>fabric bench wan</c> makes it, with a small guest on a short line.</summary>
[Trait("Category", "Lab")]
[Collection("demo")]
public sealed class WanBenchTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task A_guest_moves_by_every_way_and_comes_back_for_less()
    {
        using var guard = new CancellationTokenSource(HangGuard);
        var said = new List<string>();
        var done = 0.0;
        var options = new WanBenchOptions
        {
            Line = new ImpairSettings(Delay: TimeSpan.FromMilliseconds(5), BytesPerSecond: 50_000_000),
            MemoryBytes = 128L << 20,
            Guests = ["light"],
            Parts = [WanPart.Compare, WanPart.Return],
            Rounds = 1,
            QemuBinary = LabEnvironment.Qemu(LabEnvironment.Installed).Binary,
            GuestDirectory = Path.GetDirectoryName(LabEnvironment.Kernel),
        };
        var report = await new WanBench(options, said.Add, share => done = share, TimeProvider.System)
            .RunAsync(guard.Token);

        report.Clean.ShouldBeTrue(string.Join("\n", said));
        report.Moves.Select(m => m.Way).ShouldBe(
            [MoveWay.QemuPlain, MoveWay.QemuXbzrle, MoveWay.QemuMultifdZstd, MoveWay.Fabric, MoveWay.Fabric]);
        report.Moves.ShouldAllBe(m => m.WireBytes > 0 && m.TotalMs > 0);
        report.Ratios["lightWire"].ShouldBeGreaterThan(0);

        // Of any guest that was not written anew in between: the way back names pages instead of sending them.
        report.Ratios["returnTrip"].ShouldBeInRange(0.0001, 0.5);
        done.ShouldBe(1);
    }
}
