using Fabric.Drivers;
using Fabric.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Agent;

/// <summary>
/// Listens to one process and looks at it whenever it says that something changed: an event only says that there is
/// something to see, what is true is what a look says.
/// </summary>
internal sealed class MachineKeeper : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<CopyInput, ValueTask> _tell;
    private readonly Action<TransferProgress> _progress;
    private readonly Func<bool> _migrationIsOurs;
    private readonly Func<long> _wireBytes;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly Task _listening;
    private Activating? _activating;

    /// <param name="directory">Its directory, relative to the agent's.</param>
    /// <param name="machine">Owned from here.</param>
    /// <param name="time">For the downtime's parts.</param>
    /// <param name="log">For looks that fail.</param>
    /// <param name="tell">Hears inputs.</param>
    /// <param name="progress">Hears numbers.</param>
    /// <param name="migrationIsOurs">Whether what the process says of a migration is of the attempt under way, not of
    /// an earlier one.</param>
    /// <param name="wireBytes">Bytes on the data link.</param>
    public MachineKeeper(
        string directory, IMachine machine, TimeProvider time, ILogger log, Func<CopyInput, ValueTask> tell,
        Action<TransferProgress> progress, Func<bool> migrationIsOurs, Func<long> wireBytes)
    {
        (Directory, Machine, _time, _log, _tell) = (directory, machine, time, log, tell);
        (_progress, _migrationIsOurs, _wireBytes) = (progress, migrationIsOurs, wireBytes);
        _listening = Task.Run(ListenAsync);
    }

    /// <summary>Where it is found again.</summary>
    public string Directory { get; }

    /// <summary>The process.</summary>
    public IMachine Machine { get; }

    /// <summary>Lets the vCPUs run, and tells when they do.</summary>
    /// <param name="noted">How long the ledger took before it.</param>
    /// <param name="network">How long its network took before it, and what went wrong with that.</param>
    public async Task RunAsync(TimeSpan noted, (double Ms, string? Alarm)? network = null)
    {
        Volatile.Write(ref _activating, new Activating(noted, _time.GetTimestamp(), network));
        await Machine.ContinueAsync(_stop.Token);
        await TellLookAsync();
    }

    /// <summary>
    /// Looks, and tells. One after the other: what was seen first, and how long it took, is told first.
    /// </summary>
    public async Task TellLookAsync()
    {
        await _looking.WaitAsync(_stop.Token);
        try
        {
            await _tell(new MachineSeen(await LookAsync()));
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>Looks.</summary>
    public async Task<MachineLook> LookAsync()
    {
        var status = await Machine.ObserveAsync(_stop.Token);
        var activation = status.Run == RunState.Running && Interlocked.Exchange(ref _activating, null) is { } begun
            ? new ActivationTimes(begun.Noted.TotalMilliseconds, _time.GetElapsedTime(begun.At).TotalMilliseconds)
            {
                NetworkMs = begun.Network?.Ms,
                NetworkAlarm = begun.Network?.Alarm,
            }
            : null;
        return new MachineLook(
            status.Run,
            _migrationIsOurs() ? status.Phase : MigrationPhase.None,
            status.Detail,
            status.Progress is { } progress ? progress with { WireBytes = _wireBytes() } : null,
            activation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening;
        await Machine.DisposeAsync();
        _stop.Dispose();
        _looking.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            await foreach (var happened in Machine.EventsAsync(_stop.Token))
            {
                if (!await HearAsync(happened))
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            // Let go.
        }
    }

    private async Task<bool> HearAsync(MachineEvent happened)
    {
        switch (happened)
        {
            case RunStateChanged or MigrationPhaseChanged:
                try
                {
                    await TellLookAsync();
                }
                catch (HypervisorException e)
                {
                    // It is gone, which is the next event, or hangs, which the next look finds out.
                    AgentLog.LookFailed(_log, Directory, e);
                    // What was told before it went must not be lost: it failed or ran on, so it did not die paused.
                    if (happened is MigrationPhaseChanged { Phase: MigrationPhase.Failed or MigrationPhase.Cancelled }
                        or RunStateChanged { Run: RunState.Running })
                    {
                        await _tell(
                            new TransferBroke(FailureReason.SourceTransferFailed, "the hypervisor gave up sending"));
                    }
                }

                return true;
            case RoundEnded ended:
                await _tell(new RoundSeen(ended.Round));
                return true;
            case ProgressMade made:
                _progress(made.Progress);
                return true;
            case MachineExited exited:
                await _tell(new MachineVanished(exited.LogTail.Length > 0 ? exited.LogTail : "its process is gone"));
                return false;
            default:
                throw new ArgumentOutOfRangeException(nameof(happened), happened, "not an event of a machine");
        }
    }

    private sealed record Activating(TimeSpan Noted, long At, (double Ms, string? Alarm)? Network);
}
