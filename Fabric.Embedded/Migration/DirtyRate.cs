using System.Text.Json.Nodes;
using Fabric.Embedded.Machine;
using Fabric.Embedded.Qmp;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>
/// <c>calc-dirty-rate</c> and <c>query-dirty-rate</c>: counts what the guest writes in some seconds, by the dirty log, so
/// it is exact. A migration that begins meanwhile takes the log, and the measurement ends without an answer.
/// </summary>
internal sealed class DirtyRate(GuestParts parts, Func<bool> isMigrating)
{
    private const int SecondsMax = 60;

    private CancellationTokenSource? _stop;
    private string _status = "unstarted";
    private long _seconds;
    private long _pages;

    /// <summary>Begins. Under the main lock.</summary>
    public void Begin(long seconds, string mode)
    {
        if (mode is not ("page-sampling" or "dirty-bitmap"))
            throw QmpRefusal.Of($"Parameter 'mode' does not accept value '{Names.Shown(mode)}'");
        if (seconds is < 1 or > SecondsMax)
            throw QmpRefusal.Of($"Parameter 'calc-time' expects an integer in the range of 1 to {SecondsMax}");
        if (string.Equals(_status, "measuring", StringComparison.Ordinal))
            throw QmpRefusal.Of("still measuring, try again later.");
        if (isMigrating())
            throw QmpRefusal.Of("There's a migration process in progress");
        (_status, _seconds, _stop) = ("measuring", seconds, new CancellationTokenSource());
        parts.Vcpu.Ask(guest =>
        {
            guest.Memory.Dirty.Start();
            return true;
        });
        _ = EndAsync(_stop);
    }

    /// <summary>What is known. Under the main lock.</summary>
    public JsonObject Look()
    {
        var answer = new JsonObject { ["status"] = _status, ["calc-time"] = _seconds, ["mode"] = "dirty-bitmap" };
        if (string.Equals(_status, "measured", StringComparison.Ordinal))
        {
            answer["dirty-rate"] = _pages * Limits.Guest.PageSize / _seconds >> 20;
            answer["x-fabric-pages"] = _pages;
        }

        return answer;
    }

    /// <summary>A migration takes the dirty log. Under the main lock.</summary>
    public void Abandon()
    {
        _stop?.Cancel();
        _status = "unstarted";
    }

    private async Task EndAsync(CancellationTokenSource stop)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(_seconds), parts.Time, stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        using (await parts.MainLock.TakeAsync())
        {
            if (stop.IsCancellationRequested)
                return;
            _pages = parts.Guest.Memory.Dirty.Count();
            _status = "measured";
            parts.Vcpu.Ask(guest =>
            {
                guest.Memory.Dirty.Stop();
                return true;
            });
        }
    }
}
