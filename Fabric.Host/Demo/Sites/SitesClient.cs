using Fabric.Host.Faults;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults.Truth;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>
/// Looks on at the demo between sites: the client that downloads from the guest without end, how far the guest is from it,
/// and what the WAN carried while it moved.
/// </summary>
internal sealed class SitesClient(
    SitesLab lab, SitesOptions options, SitesDisk disk, CaseScene scene, CaseScreen screen, TimeProvider time)
    : ICaseWitness, IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan UsualFor = TimeSpan.FromSeconds(3);

    private Download? _download;
    private ImpairCounters? _before;
    private ImpairCounters? _after;

    /// <summary>What the client saw until a moment after the move; null without a network.</summary>
    public DownloadReport? Seen { get; private set; }

    /// <summary>To the guest, before the move; null without a network.</summary>
    public double? Near { get; private set; }

    /// <summary>To the guest, after it.</summary>
    public double? Far { get; private set; }

    /// <summary>The newest block on disk that the guest knew of before the move.</summary>
    public long KnownBefore { get; private set; }

    /// <summary>The move, as the coordinator tells it.</summary>
    public TransferProgress? Progress { get; private set; }

    /// <inheritdoc/>
    public async Task GuestRunsAsync(CancellationToken cancellation)
    {
        if (options.Network)
            await DownloadAsync(cancellation);
        Near = await DistanceAsync(cancellation);
        _before = await lab.WanAsync(cancellation);
        if (options.Disk)
            disk.KeepSource();
        KnownBefore = scene.Watch.Tracks.Max(t => t.Console.LastAcknowledged?.Number) ?? 0;
    }

    /// <inheritdoc/>
    public async Task MigrationIsOverAsync(MigrationRecord migration, CancellationToken cancellation)
    {
        _after = await lab.WanAsync(cancellation);
        if (_download is not null)
            await Task.Delay(UsualFor, time, cancellation);
        Seen = _download?.Report();
        Far = await DistanceAsync(cancellation);
        Progress = (await scene.Fabric.GetMigrationAsync(migration.Plan.Id, cancellation)).Transfer?.Progress;
    }

    /// <summary>What the WAN carried.</summary>
    /// <param name="allocated">What was to be moved.</param>
    /// <param name="extra">What of so many bytes need not have crossed.</param>
    public WanReport Wan(long allocated, Func<long, long?> extra)
    {
        var (before, after) = (_before!, _after!);
        var carried = Carried(after) - Carried(before);
        return new WanReport(
            carried, allocated, 2 * after.DelayMs, after.BytesPerSecond, after.Cuts - before.Cuts,
            after.Wire?.LateMsMax ?? 0, extra(carried));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _download?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static long Carried(ImpairCounters wan) => wan.BytesThere + wan.BytesBack;

    private async Task DownloadAsync(CancellationToken cancellation)
    {
        _download = await Download.StartAsync(
            lab.ClientPlace, SitesGuest.Server, options.DownloadKiBPerSecond, time, cancellation);
        await _download.Flows.WaitAsync(ReadyWithin, time, cancellation);
        screen.Say("the client downloads");
        await Task.Delay(UsualFor, time, cancellation);
        _download.Mark();
    }

    private async Task<double?> DistanceAsync(CancellationToken cancellation) => options.Network
        ? await RoundTrip.MeasureAsync(lab.ClientPlace, SitesGuest.Server, time, cancellation)
        : null;
}
