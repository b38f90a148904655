using Fabric.Drivers.Disks;
using Fabric.Protocol;
using Fabric.Transport.Disks;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Actors.Agent;

/// <summary>
/// The local disks of a VM that goes away: a data link and a copy for each, from storage sync until the guest is paused for
/// good. What ends before its time is told once; the marks of each copy stay with the hypervisor, for the next attempt.
/// </summary>
internal sealed class OutgoingDisks : IAsyncDisposable
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(Limits.Agent.DiskProgressMs);

    private readonly AgentTools _tools;
    private readonly SyncDisks _order;
    private readonly VmSpec _spec;
    private readonly IMachineDisks _machine;
    private readonly string _directory;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(DiskId Id, DiskSource Way, DiskCopy Copy)> _disks = [];
    private readonly HostLine.Sharer _share;
    private long _hostShare;
    private long _lineShare;
    private long _policyMax;
    private long _writesMin;
    private ITimer? _telling;
    private volatile bool _begun;
    private volatile bool _handedOver;

    /// <param name="tools">The host's.</param>
    /// <param name="order">What to copy, and where to.</param>
    /// <param name="spec">The VM.</param>
    /// <param name="machine">Its disks.</param>
    /// <param name="directory">Its private directory.</param>
    public OutgoingDisks(AgentTools tools, SyncDisks order, VmSpec spec, IMachineDisks machine, string directory)
    {
        (_tools, _order, _spec, _machine, _directory) = (tools, order, spec, machine, directory);
        Pace = new SharedPace(tools.Time);
        (_lineShare, _policyMax, _writesMin) = (order.LineShare ?? 0, order.Policy.BandwidthMax, order.Policy.SlowedWritesMin);
        _share = tools.Line.Join(_policyMax, share =>
        {
            _hostShare = share;
            Hold();
        });
        Hold();
    }

    /// <summary>The rate of disks and memory together.</summary>
    public SharedPace Pace { get; }

    /// <summary>Of which attempt.</summary>
    public Stamp Stamp => _order.Stamp;

    /// <summary>How far each is.</summary>
    public IReadOnlyList<DiskProgress> Progress => [.. _disks.Select(d => ProgressOf(d.Id, d.Way.Traffic, d.Copy.Progress))];

    /// <summary>The same as a transfer's numbers, while no memory is sent.</summary>
    public TransferProgress Transfer
    {
        get
        {
            var disks = Progress;
            return new TransferProgress(
                0, disks.Sum(static d => d.LeftBytes), disks.Sum(static d => d.CopiedBytes), WireBytes, 0, 0, 0, null)
            {
                Disks = disks,
            };
        }
    }

    /// <summary>Tells its numbers now and then, until memory is sent and tells them too.</summary>
    public void Tell(Action<Report> report) => _telling = _tools.Time.CreateTimer(
        _ =>
        {
            if (!_handedOver && _begun)
                report(new ProgressReport(Stamp, Transfer));
        },
        null, TellEvery, TellEvery);

    /// <summary>Bytes on the disks' data links, both ways.</summary>
    public long WireBytes => _disks.Sum(static d => d.Way.Traffic.WireSent + d.Way.Traffic.WireReceived);

    /// <summary>
    /// Connects and copies; comes back when all are nearly equal. After that each that ends before its time is told.
    /// </summary>
    /// <param name="broke">Hears the first that ends before its time.</param>
    /// <exception cref="LinkException">The target was not reached, or turned a ticket down.</exception>
    /// <exception cref="DiskCopyException">A copy failed.</exception>
    public async Task SyncAsync(Func<TransferBroke, ValueTask> broke)
    {
        for (var place = 0; place < _spec.Disks.Count; place++)
        {
            if (_spec.Disks[place] is { Place: DiskPlace.Local } disk)
                await BeginAsync(disk, place);
        }

        _begun = true;
        await Task.WhenAll(_disks.Select(d => d.Copy.ReadyAsync(_stop.Token)));
        _ = WatchAsync(broke);
    }

    /// <summary>The memory's own pilot holds the rate from here on.</summary>
    public void HandOver()
    {
        _handedOver = true;
        _share.Dispose();
    }

    /// <summary>Another bound of slowing; another rate, while that is these disks' own.</summary>
    public void Adjust(TransferPolicy policy, long? lineShare)
    {
        Volatile.Write(ref _writesMin, policy.SlowedWritesMin);
        foreach (var disk in _disks)
            disk.Copy.Adjust(policy.SlowedWritesMin);
        if (_handedOver)
            return;
        (_lineShare, _policyMax) = (lineShare ?? _lineShare, policy.BandwidthMax);
        _share.Want(Least(_policyMax, _lineShare));
        Hold();
    }

    /// <summary>The guest is paused: the rest of each disk is on the target's when this returns.</summary>
    /// <exception cref="DiskCopyException">One is not whole there.</exception>
    public async Task FinishAsync()
    {
        await Task.WhenAll(_disks.Select(d => d.Copy.FinishAsync(_stop.Token)));
        // The target closes its exports when it hears this; it is not waited for while the guest stands.
        foreach (var disk in _disks)
            _ = disk.Way.EndAsync();
    }

    /// <summary>From any thread: nothing that waits for a peer waits on.</summary>
    public void Interrupt()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is given up already.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Interrupt();
        if (_telling is not null)
            await _telling.DisposeAsync();
        _share.Dispose();
        // The ways first: a copy whose peer hangs is freed by closing them.
        foreach (var disk in _disks)
            await disk.Way.DisposeAsync();
        foreach (var disk in _disks)
            await disk.Copy.DisposeAsync();
        _stop.Dispose();
    }

    private async Task BeginAsync(DiskSpec disk, int place)
    {
        var offer = _order.Disks.FirstOrDefault(o => o.Id == disk.Id)
            ?? throw new DiskCopyException(DiskCopyFault.TargetRefused, $"the target offers no image for disk {disk.Id}");
        var ticket = Ticket.TryRead(offer.Ticket)
            ?? throw new LinkException(LinkFault.Refused, $"the ticket of disk {disk.Id} is not a ticket");
        var purpose = LinkPurpose.OfDisk(place);
        var link = await Patience.ConnectAsync(
            _tools, _order.Stamp.ToString(),
            cancellation => _tools.Connector.ConnectAsync(
                _order.Endpoint, _order.Target, _order.Stamp.Migration!.Value, _order.Stamp.Attempt, ticket,
                cancellation, purpose, Pace),
            _stop.Token);
        var socket = Path.Combine(_directory, $"disk-{place}.sock");
        DiskSource way;
        try
        {
            File.Delete(socket);
            way = DiskSource.Start(socket, link, _tools.Buffers, _tools.Time);
        }
        catch
        {
            await link.AbortAsync(AbortReason.SourceClosed);
            throw;
        }

        var options = new DiskCopyOptions
        {
            WritesMin = Volatile.Read(ref _writesMin),
            MirrorSocket = _order.Policy.DiskCopy == DiskCopyMode.Synchronous
                ? Path.Combine(_directory, $"sync-{place}.sock")
                : null,
            Note = note => AgentLog.DiskNote(_tools.Log, _order.Stamp.ToString(), disk.Id.Value, note),
        };
        _disks.Add((disk.Id, way, DiskCopy.Start(
            _machine, disk.Id, offer.Image, DiskCopy.Over(socket), options, _tools.Time)));
    }

    private async Task WatchAsync(Func<TransferBroke, ValueTask> broke)
    {
        var first = await Task.WhenAny(_disks.Select(static d => d.Copy.Completion));
        if (first.Exception?.InnerException is { } why && !_stop.IsCancellationRequested)
            await broke(OutgoingDiskFaults.Of(why));
    }

    private void Hold()
    {
        if (!_handedOver)
            Pace.Set(Least(_policyMax, _lineShare, _hostShare));
    }

    private static long Least(params ReadOnlySpan<long> rates)
    {
        var least = 0L;
        foreach (var rate in rates)
            least = rate > 0 && (least == 0 || rate < least) ? rate : least;
        return least;
    }

    private static DiskProgress ProgressOf(DiskId id, DiskTraffic traffic, DiskCopyProgress p) => new(
        id, p.TotalBytes, p.CopiedBytes,
        p.Round == 0 ? Math.Max(0, p.TotalBytes - p.PositionBytes) : p.DirtyBytes,
        p.Round + 1, traffic.WireSent + traffic.WireReceived, p.ResumedAt is not null)
    {
        Synchronous = p.IsSynchronous,
    };
}
