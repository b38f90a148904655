using System.Text.Json.Nodes;
using Fabric.Drivers.Disks;
using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// One QEMU process, or an embedded hypervisor's, which is driven in the same way. It is not our child and goes on when this object is let go: <see cref="DisposeAsync"/> only
/// closes the monitors, <see cref="KillAsync"/> ends the process.
/// </summary>
public sealed class QemuMachine : IMachine
{
    private readonly QemuDirectory _directory;
    private readonly ProcessHandle _process;
    private readonly QemuMonitors _monitors;
    private readonly Action<string>? _note;
    private readonly TimeProvider _time;
    private readonly MachineEventQueue _events = new(Limits.Qemu.MachineEventsMax);
    private readonly QemuExportWatch _exports = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pump;
    private int _disposed;

    internal QemuMachine(
        QemuDirectory directory, ProcessHandle process, QemuMonitors monitors, Action<string>? note, TimeProvider time,
        bool hasDisks = true)
    {
        _directory = directory;
        _process = process;
        _monitors = monitors;
        _note = note;
        _time = time;
        Disks = hasDisks ? new QemuDisks(monitors, _exports, directory.Disks, time) : null;
        _pump = Task.Run(PumpAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public int ProcessId => _process.Identity.ProcessId;

    /// <inheritdoc/>
    public Task Exited => _process.Exited;

    /// <summary>Its files.</summary>
    public QemuDirectory Directory => _directory;

    /// <inheritdoc/>
    public IMachineDisks? Disks { get; }

    /// <inheritdoc/>
    public async Task<MachineStatus> ObserveAsync(CancellationToken cancellation)
    {
        var (run, migration) = await QemuLook.BothAsync(_monitors, cancellation);
        return new MachineStatus(run, migration.Phase, migration.Error, migration.Ram?.Progress());
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<MachineEvent> EventsAsync(CancellationToken cancellation) =>
        _events.ReadAsync(cancellation);

    /// <inheritdoc/>
    public Task ContinueAsync(CancellationToken cancellation) => _monitors.ExecuteAsync("cont", null, cancellation);

    /// <inheritdoc/>
    public Task PauseAsync(CancellationToken cancellation) => _monitors.ExecuteAsync("stop", null, cancellation);

    /// <inheritdoc/>
    public async Task BeginIncomingAsync(string socketPath, CancellationToken cancellation)
    {
        var address = AddressOf(socketPath);
        await QemuCapabilities.SetAsync(_monitors, cancellation);
        await _monitors.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = address }, cancellation);
    }

    /// <inheritdoc/>
    public async Task BeginOutgoingAsync(string socketPath, TransferPolicy policy, CancellationToken cancellation)
    {
        var address = AddressOf(socketPath);
        await QemuCapabilities.SetAsync(_monitors, cancellation, policy.MayThrottle);
        await SetPolicyAsync(policy, cancellation);
        if (policy.MayThrottle)
            await _monitors.ExecuteAsync("migrate-set-parameters", QemuThrottle.Waiting(), cancellation);
        await _monitors.ExecuteAsync("migrate", new JsonObject { ["uri"] = address }, cancellation);
    }

    /// <inheritdoc/>
    public Task ContinueSwitchoverAsync(CancellationToken cancellation) =>
        _monitors.ExecuteAsync("migrate-continue", new JsonObject { ["state"] = "pre-switchover" }, cancellation);

    /// <inheritdoc/>
    public async Task CancelOutgoingAsync(CancellationToken cancellation)
    {
        try
        {
            var timeout = TimeSpan.FromMilliseconds(Limits.Qemu.CancelTimeoutMs);
            await _monitors.ExecuteAsync("migrate_cancel", null, cancellation, timeout);
        }
        catch (HypervisorException e) when (e.Fault == HypervisorFault.NoAnswer && !_process.Exited.IsCompleted)
        {
            // The main loop hangs in the last bytes. The cancel that waits there does no harm: it is the next thing
            // that QEMU does once its connection is cut, before any later order.
            _note?.Invoke($"process {ProcessId} does not answer a cancel; cutting its migration's connection");
            await YankAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public Task SetPolicyAsync(TransferPolicy policy, CancellationToken cancellation)
    {
        // With a limit of 0, QEMU 7.2 never reads its dirty bitmap again and leaves everything dirty to the blackout.
        if (policy.BandwidthMax < 0 || policy.DowntimeLimitMs < 1)
            throw new ArgumentOutOfRangeException(
                nameof(policy), policy, "bandwidth is 0 or more, the downtime limit 1 or more");
        return _monitors.ExecuteAsync(
            "migrate-set-parameters",
            new JsonObject
            {
                ["max-bandwidth"] = policy.BandwidthMax == 0 ? Limits.Qemu.BandwidthUnlimited : policy.BandwidthMax,
                ["downtime-limit"] = policy.DowntimeLimitMs,
            },
            cancellation);
    }

    /// <inheritdoc/>
    public async Task LimitAsync(TransferLimits limits, CancellationToken cancellation)
    {
        await SetPolicyAsync(new TransferPolicy(limits.BandwidthMax, limits.DowntimeLimitMs), cancellation);
        if (limits.ThrottlePercent > 0)
        {
            await _monitors.ExecuteAsync(
                "migrate-set-parameters", QemuThrottle.At(limits.ThrottlePercent), cancellation);
        }
    }

    /// <inheritdoc/>
    public Task<DirtyingSeen> WatchDirtyingAsync(TimeSpan interval, CancellationToken cancellation) =>
        new QemuDirtyRate(_monitors, _time).MeasureAsync(interval, cancellation);

    /// <inheritdoc/>
    public Task PowerDownAsync(CancellationToken cancellation) =>
        _monitors.ExecuteAsync("system_powerdown", null, cancellation);

    /// <inheritdoc/>
    public Task KillAsync(CancellationToken cancellation) => EndAsync(_process, _time, cancellation);

    /// <summary>Lets go of the process, which runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync();
        await _pump;
        await _monitors.DisposeAsync();
        _process.Dispose();
        _stop.Dispose();
    }

    internal static async Task EndAsync(ProcessHandle process, TimeProvider time, CancellationToken cancellation)
    {
        process.Kill();
        try
        {
            await process.Exited.WaitAsync(TimeSpan.FromMilliseconds(Limits.Qemu.ExitTimeoutMs), time, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new HypervisorException(
                HypervisorFault.NoAnswer,
                $"Process {process.Identity.ProcessId} was killed and is still there; a host device may hold it.",
                e);
        }
    }

    private static string AddressOf(string socketPath) => UnixSocketPath.NameFault(socketPath) is { } fault
        ? throw new HypervisorException(HypervisorFault.Refused, $"No migration over this socket: {fault}.")
        : $"unix:{socketPath}";

    private async Task YankAsync(CancellationToken cancellation)
    {
        try
        {
            await _monitors.YankMigrationAsync(cancellation);
        }
        catch (HypervisorException e) when (e.Fault == HypervisorFault.Refused)
        {
            // There is no migration any more: it ended while the cancel waited.
            _note?.Invoke($"nothing to cut in process {ProcessId}: {e.Message}");
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            await new QemuEventPump(_monitors, _events, _exports, _time, _note).RunAsync(_stop.Token);
            await _process.Exited.WaitAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e)
        {
            _note?.Invoke($"the events of process {ProcessId} ended: {e}");
        }

        // Not our child, so its exit code is for its parent only.
        if (_process.Exited.IsCompleted)
            _events.Add(new MachineExited(null, _directory.LogTail()));
    }
}
