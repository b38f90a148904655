using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary><see cref="DiskRanges"/> to wait at.</summary>
internal sealed class RangeGate
{
    private readonly Lock _gate = new();
    private readonly DiskRanges _ranges = new();
    private readonly Dictionary<DiskRanges.Claim, TaskCompletionSource> _waiting = [];

    /// <summary>Begins a look at a stretch.</summary>
    public DiskRanges.Look Begin(long offset, long length)
    {
        lock (_gate)
            return _ranges.Begin(offset, length);
    }

    /// <summary>Ends a look.</summary>
    public void End(DiskRanges.Look look)
    {
        lock (_gate)
            _ranges.End(look);
    }

    /// <summary>Waits until the stretch is held; it is until the result is disposed.</summary>
    public async Task<Hold> HoldAsync(long offset, long length, CancellationToken cancellation) =>
        (await HoldAsync(ranges => ranges.Ask(offset, length), cancellation))!.Value;

    /// <summary>The same, for what was read since a look began; null when that is stale.</summary>
    public Task<Hold?> HoldAsync(DiskRanges.Look look, CancellationToken cancellation) =>
        HoldAsync(ranges => ranges.Ask(look), cancellation);

    private async Task<Hold?> HoldAsync(Func<DiskRanges, DiskRanges.Claim?> ask, CancellationToken cancellation)
    {
        DiskRanges.Claim? claim;
        TaskCompletionSource? turn = null;
        lock (_gate)
        {
            claim = ask(_ranges);
            if (claim is null)
                return null;
            if (!claim.IsHeld)
                _waiting[claim] = turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (turn is null)
            return new Hold(this, claim);
        try
        {
            await turn.Task.WaitAsync(cancellation);
            return new Hold(this, claim);
        }
        catch
        {
            Release(claim);
            throw;
        }
    }

    private void Release(DiskRanges.Claim claim)
    {
        lock (_gate)
        {
            _waiting.Remove(claim);
            foreach (var next in _ranges.Release(claim))
            {
                if (_waiting.Remove(next, out var turn))
                    turn.TrySetResult();
            }
        }
    }

    /// <summary>A stretch that is held.</summary>
    public readonly struct Hold(RangeGate gate, DiskRanges.Claim claim) : IDisposable
    {
        /// <summary>Lets go.</summary>
        public void Dispose() => gate.Release(claim);
    }
}
