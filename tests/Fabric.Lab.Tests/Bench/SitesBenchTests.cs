using Fabric.Host.Bench.Sites;

namespace Fabric.Lab.Tests.Bench;

/// <summary>The comparison as <c>fabric bench sites</c> makes it: its shortest part, one move of each kind.</summary>
[Trait("Category", "Lab")]
[Collection("demo")]
public sealed class SitesBenchTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_guest_moves_within_its_site_and_its_client_finds_it()
    {
        using var guard = new CancellationTokenSource(HangGuard);
        var said = new List<string>();
        var done = 0.0;
        var options = new SitesBenchOptions
        {
            Parts = [SitesPart.Lan],
            Runs = 1,
            QemuBinary = LabEnvironment.Qemu(LabEnvironment.Installed).Binary,
            GuestDirectory = Path.GetDirectoryName(LabEnvironment.Kernel),
        };
        var report = await new SitesBench(options, said.Add, share => done = share, TimeProvider.System)
            .RunAsync(guard.Token);

        report.Clean.ShouldBeTrue(string.Join("\n", said));
        report.Lan.Select(m => (m.Way, m.Kind)).ShouldBe(
            [(SiteWay.Fabric, "announce"), (SiteWay.Fabric, "vxlan"), (SiteWay.QemuAlone, "announce")]);
        report.Lan.ShouldAllBe(m => m.PausedMs > 0 && m.OutageMs > 0 && m.To == "e2");
        report.Bars.Select(b => b.Name).ShouldBe(["announceOverMs", "announceNetworkMs", "vxlanOverMs", "vxlanNetworkMs"]);
        done.ShouldBe(1);
        Directory.Exists(said[0].Split(' ')[^1]).ShouldBeFalse("the lab is taken away");
    }
}
