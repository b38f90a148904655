using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers.Linux;
using Fabric.Drivers.Qmp;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// The two monitors of one process. Both are connected from the beginning: while QEMU sends its last bytes it holds
/// its main lock, and a monitor that connects then is not served any more.
/// </summary>
internal sealed class QemuMonitors : IAsyncDisposable
{
    private readonly QmpClient _main;
    private readonly QmpClient _outOfBand;
    private readonly ProcessHandle _process;
    private readonly TimeProvider _time;

    private QemuMonitors(QmpClient main, QmpClient outOfBand, ProcessHandle process, TimeProvider time)
    {
        _main = main;
        _outOfBand = outOfBand;
        _process = process;
        _time = time;
    }

    /// <summary>Events and the count of lost ones.</summary>
    public QmpClient Main => _main;

    /// <summary>Connects both.</summary>
    public static async Task<QemuMonitors> ConnectAsync(
        QemuDirectory directory,
        ProcessHandle process,
        QmpOptions qmp,
        TimeProvider time,
        CancellationToken cancellation)
    {
        var outOfBand = await QmpClient.ConnectAsync(
            directory.OutOfBandMonitor, qmp with { OutOfBand = true }, time, cancellation);
        try
        {
            var main = await QmpClient.ConnectAsync(directory.Monitor, qmp, time, cancellation);
            return new QemuMonitors(main, outOfBand, process, time);
        }
        catch
        {
            await outOfBand.DisposeAsync();
            throw;
        }
    }

    /// <summary>Executes a command on the main monitor.</summary>
    public async Task<JsonElement> ExecuteAsync(
        string command, JsonObject? arguments, CancellationToken cancellation, TimeSpan? timeout = null)
    {
        try
        {
            return await _main.ExecuteAsync(command, arguments, timeout, cancellation);
        }
        catch (HypervisorException e) when (e.Fault == HypervisorFault.Exited)
        {
            throw await LostAsync(command, e, cancellation);
        }
    }

    /// <summary>Cuts the migration's connection, whatever QEMU is doing.</summary>
    public async Task YankMigrationAsync(CancellationToken cancellation)
    {
        var instances = new JsonArray { new JsonObject { ["type"] = "migration" } };
        await _outOfBand.ExecuteOutOfBandAsync(
            "yank", new JsonObject { ["instances"] = instances }, cancellation: cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _main.DisposeAsync();
        await _outOfBand.DisposeAsync();
    }

    // The end of the connection is seen a little before the end of the process; which of both it was, matters: a lost
    // monitor of a living process must never be taken for a dead machine.
    private async Task<HypervisorException> LostAsync(
        string command, HypervisorException lost, CancellationToken cancellation)
    {
        try
        {
            await _process.Exited.WaitAsync(
                TimeSpan.FromMilliseconds(Limits.Qemu.ExitAfterCloseMs), _time, cancellation);
            return new HypervisorException(
                HypervisorFault.Exited,
                $"'{command}' was not executed or not answered: process {_process.Identity.ProcessId} is gone.",
                lost);
        }
        catch (TimeoutException)
        {
            return new HypervisorException(
                HypervisorFault.NoAnswer,
                $"'{command}' was not answered: {lost.Message} " +
                $"Process {_process.Identity.ProcessId} lives; adopt it again.",
                lost);
        }
    }
}
