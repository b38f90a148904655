using System.Globalization;
using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Lab;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;

namespace Fabric.Host.Bench.Throughput;

/// <summary>
/// How much of QEMU's own speed is left when its bytes go through both relays. A guest with 1 GiB of random memory
/// moves again and again, each time another way; the order turns from round to round, so that no way always has the
/// same neighbours. Both relays and both QEMUs share this machine's processors: on two hosts they would not.
/// </summary>
public sealed class ThroughputBench : IAsyncDisposable
{
    private const long MemoryBytes = 1536L << 20;
    private const string Dirtier = "d.fill=1024 d.fillmode=rand d.ws=16 d.rate=0 d.scan=0 d.hb=1000";
    private static readonly TimeSpan BootWithin = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly LabDirectory _directory = LabDirectory.Make(keep: false);
    private readonly LinkBufferPool _buffers = new();
    private readonly QemuHypervisor _hypervisor;
    private readonly string? _guestDirectory;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly Links _links;
    private readonly string _certificates;
    private int _paths;

    /// <param name="qemu">The QEMU program.</param>
    /// <param name="guestDirectory">Folder with the guest's vmlinux and initrd.cpio; null looks for artifacts/guest.</param>
    /// <param name="say">Hears what goes on.</param>
    /// <param name="time">The clock.</param>
    public ThroughputBench(QemuOptions qemu, string? guestDirectory, Action<string> say, TimeProvider time)
    {
        (_guestDirectory, _say, _time) = (guestDirectory, say, time);
        _hypervisor = new QemuHypervisor(qemu, time);
        _certificates = NewPath("ca");
        _links = new Links(_certificates, say, time);
    }

    /// <summary>Moves the guest by every way once to warm up, then in so many rounds.</summary>
    /// <exception cref="LabException">A move failed, or the guest lost pages.</exception>
    public async Task<Rounds> MeasureAsync(IReadOnlyList<Way> ways, int rounds, CancellationToken cancellation)
    {
        var facts = await _hypervisor.ProbeAsync(cancellation);
        var spec = GuestMachine.Spec(
            "bench", GuestFiles.Find(_guestDirectory, Environment.GetEnvironmentVariable("FABRIC_HOME")),
            GuestMachine.MemoryKiB(MemoryBytes, facts), Dirtier);
        _say("booting a guest with 1 GiB of random memory");
        var machine = await BootAsync(spec, cancellation);
        try
        {
            // The first hop finds cold pages and cold code.
            foreach (var way in ways)
                (machine, _) = await HopAsync(machine, spec, way, cancellation);
            var all = new List<IReadOnlyList<Hop>>();
            for (var round = 0; round < rounds; round++)
            {
                var hops = new List<Hop>();
                for (var i = 0; i < ways.Count; i++)
                {
                    (machine, var hop) = await HopAsync(machine, spec, ways[(i + round) % ways.Count], cancellation);
                    hops.Add(hop);
                    _say(string.Create(
                        CultureInfo.InvariantCulture,
                        $"round {round + 1} {hop.Way,-7} {hop.MegabytesPerSecond,7:F0} MB/s, {hop.Bytes / 1e6:F0} MB, relays {hop.CpuPerGigabyte:F2} cpu-s/GB"));
                }

                all.Add(hops);
            }

            await IsSoundAsync(machine, cancellation);
            return new Rounds(all);
        }
        finally
        {
            await machine.DisposeAsync();
        }
    }

    /// <summary>What TLS alone carries here over so many connections, megabytes a second.</summary>
    public Task<double> TlsLimitAsync(int connections, CancellationToken cancellation) =>
        new TlsLimit(_certificates, _time).MeasureAsync(connections, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        _buffers.Dispose();
        _directory.Dispose();
    }

    private async Task<WatchedMachine> BootAsync(VmSpec spec, CancellationToken cancellation)
    {
        var machine = await StartAsync(spec, StartMode.Boot, cancellation);
        await machine.Machine.ContinueAsync(cancellation);
        await UntilConsoleAsync(
            machine, text => text.Contains("DIRTIER ready", StringComparison.Ordinal), "to be ready", cancellation);
        return machine;
    }

    private async Task<(WatchedMachine Machine, Hop Hop)> HopAsync(
        WatchedMachine source, VmSpec spec, Way way, CancellationToken cancellation)
    {
        var target = await StartAsync(spec, StartMode.Incoming, cancellation);
        var (into, from) = (NewPath("i"), NewPath("o"));
        await target.Machine.BeginIncomingAsync(into, cancellation);
        SourceRelay? near = null;
        TargetRelay? far = null;
        if (way == Way.Direct)
        {
            from = into;
        }
        else
        {
            var (sourceLink, targetLink) = await _links.MakeAsync(way, cancellation);
            near = SourceRelay.Start(from, sourceLink, _buffers, _time);
            far = TargetRelay.Start(into, targetLink, _buffers, _time);
        }

        await source.Machine.BeginOutgoingAsync(from, new TransferPolicy(0, 300), cancellation);
        await source.UntilAsync(MigrationPhase.Active);
        var (began, cpu) = (_time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await source.UntilAsync(MigrationPhase.PreSwitchover);
        await source.Machine.ContinueSwitchoverAsync(cancellation);
        await source.UntilAsync(MigrationPhase.Completed);
        var seconds = _time.GetElapsedTime(began).TotalSeconds;
        var used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        var bytes = (await source.Machine.ObserveAsync(cancellation)).Progress?.TransferredBytes ?? 0;

        await target.UntilAsync(MigrationPhase.Completed);
        await target.Machine.ContinueAsync(cancellation);
        await source.DisposeAsync();
        if (near is not null)
            await near.DisposeAsync();
        if (far is not null)
            await far.DisposeAsync();
        return (target, new Hop(way, bytes, seconds, used));
    }

    /// <summary>The guest checks all its pages: what was fast must have been right too.</summary>
    private async Task IsSoundAsync(WatchedMachine machine, CancellationToken cancellation)
    {
        var beat = "";
        await UntilConsoleAsync(
            machine,
            text => (beat = text.Split('\n').LastOrDefault(l => l.Contains("bad=", StringComparison.Ordinal))) is not null,
            "to check its pages", cancellation);
        if (!beat.Contains("bad=0", StringComparison.Ordinal))
            throw new LabException($"The guest lost pages: {beat}");
    }

    private async Task UntilConsoleAsync(
        WatchedMachine machine, Func<string, bool> says, string what, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        var console = machine.Machine.Directory.ConsoleLog;
        while (!File.Exists(console) || !says(await File.ReadAllTextAsync(console, cancellation)))
        {
            if (_time.GetElapsedTime(began) > BootWithin)
                throw new LabException($"Waited {BootWithin.TotalSeconds:0} s in vain for the guest {what}.");
            await Task.Delay(LookEvery, _time, cancellation);
        }
    }

    private async Task<WatchedMachine> StartAsync(VmSpec spec, StartMode mode, CancellationToken cancellation) => new(
        (QemuMachine)await _hypervisor.StartAsync(spec, mode, NewPath("m"), cancellation));

    private string NewPath(string name) =>
        _directory.In(string.Create(CultureInfo.InvariantCulture, $"{name}{++_paths}"));
}
