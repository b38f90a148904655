using System.Diagnostics;
using System.Net.Sockets;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>
/// Copies one disk of a running source into an image that a target's machine serves: a full copy, then rounds of what the
/// guest wrote meanwhile, the last of them while the guest is paused. Runs from <see cref="Start"/> until
/// <see cref="FinishAsync"/>, <see cref="StopAsync"/> or a failure.
/// <para>
/// Where it stands is kept in the source's machine (<see cref="CopyMarks"/>), never in this object: a copy that ended at
/// any moment, and however, is gone on with by another one into the same image, in this program or a later one, and what
/// was not yet safe on the target's disk is copied again. A copy into another image begins anew.
/// </para>
/// <para>
/// Nothing here stands between the guest and its disk, and a target that stalls stalls the copy alone, except where the copy
/// is to be synchronous in the end (<see cref="DiskMirror"/>).
/// </para>
/// </summary>
public sealed class DiskCopy : IAsyncDisposable
{
    private readonly DiskCopySource _source;
    private readonly Func<CancellationToken, Task<Stream>> _connect;
    private readonly DiskCopyOptions _options;
    private readonly TimeProvider _time;
    private readonly CopyCounters _counters = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finishing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private readonly RangeGate _gate = new();
    private DiskRounds _rounds;
    private DiskMirror? _mirror;
    private long _writesMin;
    private volatile bool _isWhole;
    private volatile DiskCopyProgress _progress = new(0, 0, 0, 0, 0, 0, null, 0, IsReady: false);

    private DiskCopy(
        DiskCopySource source, Func<CancellationToken, Task<Stream>> connect, DiskCopyOptions options, TimeProvider time)
    {
        _source = source;
        _connect = connect;
        _options = options;
        _time = time;
        _rounds = new DiskRounds(options.WritesMin, options.MirrorSocket is not null);
        _writesMin = options.WritesMin;
        _run = Task.Run(RunAsync, CancellationToken.None);
        _ = _run.ContinueWith(
            t => _ready.TrySetException(t.Exception?.InnerException
                ?? new DiskCopyException(DiskCopyFault.Stopped, $"The copy of {source.Disk} was stopped.")),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _ = _ready.Task.ContinueWith(
            static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>
    /// Completes when the copy has ended in order (finished or stopped); faults with <see cref="DiskCopyException"/>.
    /// </summary>
    public Task Completion => _run;

    /// <summary>How far it is.</summary>
    public DiskCopyProgress Progress => _progress with { CopiedBytes = _counters.Copied, ZeroBytes = _counters.Zero };

    /// <summary>Starts, or goes on from where an earlier copy into this image ended.</summary>
    /// <param name="machine">The source's disks.</param>
    /// <param name="disk">Which.</param>
    /// <param name="image">The own name of the target's image.</param>
    /// <param name="connect">Opens the way to the target's <see cref="IMachineDisks.SocketPath"/>; called once.</param>
    /// <param name="options">How.</param>
    /// <param name="time">For pauses and rates.</param>
    public static DiskCopy Start(
        IMachineDisks machine, DiskId disk, string image, Func<CancellationToken, Task<Stream>> connect,
        DiskCopyOptions options, TimeProvider time) =>
        new(new DiskCopySource(machine, disk, image, time), connect, options, time);

    /// <summary>A way over a UNIX socket, for <see cref="Start"/>.</summary>
    public static Func<CancellationToken, Task<Stream>> Over(string socketPath) => async cancellation =>
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    };

    /// <summary>
    /// Removes every trace of copies of a disk from the source's machine: exports, bitmaps, a throttle. For a migration
    /// that has ended and will not be tried again. Idempotent.
    /// </summary>
    public static Task ForgetAsync(IMachineDisks machine, DiskId disk, CancellationToken cancellation) =>
        DiskCopySource.ForgetAsync(machine, disk, cancellation);

    /// <summary>How far the guest's writes may be slowed from now on; looked at after each round.</summary>
    /// <param name="writesMin">Bytes a second; 0: they are not slowed any more.</param>
    public void Adjust(long writesMin) => Volatile.Write(ref _writesMin, writesMin);

    /// <summary>
    /// Completes when the rest fits into a pause, or does not get smaller. Rounds go on in the background after it.
    /// </summary>
    /// <exception cref="DiskCopyException">The copy failed or was stopped.</exception>
    public Task ReadyAsync(CancellationToken cancellation) => _ready.Task.WaitAsync(cancellation);

    /// <summary>
    /// Copies the rest and comes back when all of it is on the target's disk and nothing of the copy is in the machine's
    /// way any more. The guest must be paused, and stay so. The marks stay: a guest that is rolled back and runs on is
    /// counted, and a later copy into the same image goes on.
    /// </summary>
    /// <exception cref="DiskCopyException">The copy failed or was stopped: the target's disk is not whole.</exception>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        _finishing.TrySetResult();
        await _run.WaitAsync(cancellation);
        if (!_isWhole)
            throw new DiskCopyException(DiskCopyFault.Stopped, $"The copy of {_source.Disk} was stopped.");
    }

    /// <summary>Ends it, leaving the marks for a later copy. Never throws for what the copy failed of.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        await _stop.CancelAsync();
        await _run.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        try
        {
            await using var target = await ConnectAsync();
            await _source.AttachAsync(_stop.Token);
            _progress = _progress with { ResumedAt = _source.ResumedAt };
            await RoundsAsync(target);
            _isWhole = true;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
        catch (Exception e)
        {
            throw DiskCopyFailures.Of(e, _source.Disk);
        }
        finally
        {
            await LeaveAsync();
        }
    }

    private async Task<NbdClient> ConnectAsync()
    {
        Stream stream;
        try
        {
            stream = await _connect(_stop.Token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new NbdException(NbdFault.Lost, $"it cannot be reached: {e.Message}", e);
        }

        return await NbdClient.OpenAsync(stream, _source.Disk.Value, [], _time, _stop.Token);
    }

    private async Task RoundsAsync(NbdClient target)
    {
        while (true)
        {
            var round = await RoundAsync(target);
            await AdjustAsync();
            if (_mirror is not null && await IsWholeAfterAsync(_mirror, target))
                return;
            while (true)
            {
                // Asked before the look: what is dirty then is all that will ever be.
                var isFinishing = _finishing.Task.IsCompleted;
                var dirty = await _source.DirtyBytesAsync(_stop.Token);
                _progress = _progress with { DirtyBytes = dirty };
                if (isFinishing && dirty == 0)
                    return;
                if (isFinishing || !await IsReadyAfterAsync(round with { DirtyBytes = dirty }, target))
                    break;
                await PauseAsync();
                await AdjustAsync();
                if (!_finishing.Task.IsCompleted && await _source.DirtyBytesAsync(_stop.Token) > 0)
                    break;
            }

            await _source.TurnAsync(_stop.Token);
        }
    }

    private async Task<DiskRound> RoundAsync(NbdClient target)
    {
        var began = _time.GetTimestamp();
        var before = _counters.Copied;
        await using (var export = await _source.OpenAsync(_stop.Token))
        {
            if (target.Export.Bytes != export.Export.Bytes || target.Export.IsReadOnly)
                throw DiskCopyFailures.Size(_source.Disk, export.Export.Bytes, target.Export);
            Show(export.Export.Bytes);
            await new RoundCopy(export, target, _gate, _mirror is not null, _counters, SafeAsync).RunAsync(
                _source.Point.PositionBytes, _stop.Token);
        }

        await _source.CloseAsync(_stop.Token);
        var took = (long)_time.GetElapsedTime(began).TotalMilliseconds;
        return new DiskRound(_counters.Copied - before, took, 0);
    }

    private async Task SafeAsync(long position, CancellationToken cancellation)
    {
        await _source.AdvanceAsync(position, cancellation);
        Show(_progress.TotalBytes);
    }

    private void Show(long total) => _progress = _progress with
    {
        Round = _source.Point.Round,
        PositionBytes = _source.Point.PositionBytes,
        TotalBytes = total,
    };

    private async Task AdjustAsync()
    {
        var (before, after) = (_rounds, _rounds.Under(Volatile.Read(ref _writesMin)));
        if (before.ThrottleBytesPerSecond != after.ThrottleBytesPerSecond)
            await ThrottleAsync(after.ThrottleBytesPerSecond);
        _rounds = after;
    }

    private async Task ThrottleAsync(long bytesPerSecond)
    {
        await _source.ThrottleAsync(bytesPerSecond, _stop.Token);
        _progress = _progress with { WriteBytesPerSecond = bytesPerSecond };
    }

    // Asked after it is ready as well: a guest that begins to write fast then is slowed as one that did before.
    private async Task<bool> IsReadyAfterAsync(DiskRound round, NbdClient target)
    {
        (_rounds, var decision) = _rounds.After(round);
        switch (decision.Step)
        {
            case DiskStep.Ready:
                _progress = _progress with { IsReady = true };
                _ready.TrySetResult();
                return true;
            case DiskStep.Slow:
                await ThrottleAsync(decision.WriteBytesPerSecond);
                return false;
            case DiskStep.Round:
                return false;
            case DiskStep.Synchronous:
                // Before the bits of the next round are taken: what is written in between is in both.
                _mirror = await _source.MirrorAsync(
                    _options.MirrorSocket!, target, _gate, _counters, Note, _stop.Token);
                _progress = _progress with { IsSynchronous = _mirror is not null };
                return false;
            default:
                throw new UnreachableException();
        }
    }

    // All from before the mirror is at the target, and what came after it is there by itself, until it breaks or the end.
    private async Task<bool> IsWholeAfterAsync(DiskMirror mirror, NbdClient target)
    {
        if (mirror.IsWhole)
        {
            _progress = _progress with { DirtyBytes = 0, IsReady = true };
            _ready.TrySetResult();
            await Task.WhenAny(mirror.Broken, _finishing.Task).WaitAsync(_stop.Token);
            if (await mirror.FinishAsync(_stop.Token))
            {
                await target.FlushAsync(_stop.Token);
                await _source.SettleAsync(_stop.Token);
                return true;
            }
        }

        _mirror = null;
        _progress = _progress with { IsSynchronous = false };
        await mirror.DisposeAsync();
        return false;
    }

    private void Note(string what) => _options.Note?.Invoke($"disk {_source.Disk}: {what}");

    // A bitmap has no event for "something was written", so it is looked at now and then; the end does not wait for that.
    private async Task PauseAsync()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var pause = Task.Delay(TimeSpan.FromMilliseconds(Limits.Disks.IdleMs), _time, enough.Token);
        await Task.WhenAny(pause, _finishing.Task);
        await enough.CancelAsync();
        _stop.Token.ThrowIfCancellationRequested();
    }

    // Whatever happened: no export and no throttle stays behind. A machine that is gone has neither.
    private async Task LeaveAsync()
    {
        await TryAsync(() => _mirror?.DisposeAsync().AsTask() ?? Task.CompletedTask);
        await TryAsync(() => _source.LeaveAsync(CancellationToken.None));

        async Task TryAsync(Func<Task> act)
        {
            try
            {
                await act();
            }
            catch (HypervisorException e)
            {
                Note($"what the copy used could not be taken away: {e.Message}");
            }
        }
    }
}
