using System.Collections.Concurrent;
using Fabric.Drivers.Linux;
using Fabric.Drivers.Qmp;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// Starts, finds and ends the processes of machines: the part that QEMU and the embedded hypervisor have in common. The
/// program that is launched puts the machine into a process of its own, writes that one's pid file, and ends.
/// </summary>
/// <param name="kind">What the hypervisor is called in errors.</param>
/// <param name="qmp">How monitors are used.</param>
/// <param name="faultOf">What a finished launch says went wrong; null when nothing did.</param>
/// <param name="time">For time-outs.</param>
/// <param name="hasDisks">Its machines can have disks.</param>
internal sealed class MachineProcesses(
    string kind, QmpOptions qmp, Func<ProgramResult, string?> faultOf, TimeProvider time,
    bool hasDisks)
{
    private readonly ConcurrentDictionary<string, bool> _starting = new(StringComparer.Ordinal);

    /// <summary>Starts one in a directory that holds no living one.</summary>
    /// <exception cref="HypervisorException">It did not start.</exception>
    public async Task<IMachine> StartAsync(
        string directory,
        Func<QemuDirectory, (string Program, IReadOnlyList<string> Arguments)> commandLine,
        CancellationToken cancellation)
    {
        var files = new QemuDirectory(directory);
        if (!_starting.TryAdd(files.Path, true))
            throw new HypervisorException(
                HypervisorFault.DidNotStart, $"A machine is being started in '{files.Path}' already.");
        try
        {
            files.Prepare();
            if (QemuProcessFile.Find(files) is { } living)
            {
                throw new HypervisorException(
                    HypervisorFault.DidNotStart,
                    $"Process {living.ProcessId} runs in '{files.Path}' already; adopt or kill it.");
            }

            QemuProcessFile.Clear(files);
            return await StartInAsync(files, commandLine(files), cancellation);
        }
        finally
        {
            _starting.TryRemove(files.Path, out _);
        }
    }

    /// <summary>Finds the process of a directory; null when it is known to be dead.</summary>
    public Task<IMachine?> AdoptAsync(string directory, CancellationToken cancellation) =>
        AttachAsync(new QemuDirectory(directory), cancellation);

    /// <summary>Ends the process of a directory; false when there was none.</summary>
    public async Task<bool> KillAsync(string directory, CancellationToken cancellation)
    {
        if (QemuProcessFile.Find(new QemuDirectory(directory)) is not { } identity)
            return false;
        using var process = ProcessHandle.Open(identity);
        if (process is null)
            return false;
        await QemuMachine.EndAsync(process, time, cancellation);
        return true;
    }

    private async Task<IMachine> StartInAsync(
        QemuDirectory files, (string Program, IReadOnlyList<string> Arguments) line, CancellationToken cancellation)
    {
        try
        {
            await LaunchAsync(line.Program, line.Arguments, files, cancellation);
            return await AttachAsync(files, cancellation) ?? throw DidNotStart(files, "the process ended at once");
        }
        catch
        {
            // Whatever stage it reached: nobody will know of this process, so it must not stay.
            await KillAsync(files.Path, CancellationToken.None);
            throw;
        }
    }

    private async Task LaunchAsync(
        string program, IReadOnlyList<string> arguments, QemuDirectory files, CancellationToken cancellation)
    {
        var timeout = TimeSpan.FromMilliseconds(Limits.Qemu.StartTimeoutMs);
        var result = await ProgramRun.ToEndAsync(program, arguments, timeout, time, cancellation);
        if (faultOf(result) is { } fault)
            throw DidNotStart(files, fault);
        var identity = QemuProcessFile.OfPidFile(files) ?? throw DidNotStart(files, "the process ended at once");
        QemuProcessFile.Write(files, identity);
    }

    private async Task<IMachine?> AttachAsync(QemuDirectory files, CancellationToken cancellation)
    {
        if (QemuProcessFile.Find(files) is not { } identity || ProcessHandle.Open(identity) is not { } process)
            return null;
        try
        {
            var monitors = await QemuMonitors.ConnectAsync(files, process, qmp, time, cancellation);
            return new QemuMachine(files, process, monitors, qmp.Note, time, hasDisks);
        }
        catch (Exception e)
        {
            // It may have ended while we were connecting: then it is simply dead.
            var isGone = e is HypervisorException && !identity.IsAlive();
            process.Dispose();
            if (isGone)
                return null;
            throw;
        }
    }

    private HypervisorException DidNotStart(QemuDirectory files, string why)
    {
        var tail = files.LogTail();
        var log = tail.Length == 0 ? "" : $" The end of '{files.Log}': {HypervisorText.Cut(tail)}";
        return new HypervisorException(
            HypervisorFault.DidNotStart, $"{kind} did not start in '{files.Path}': {why}.{log}");
    }
}
