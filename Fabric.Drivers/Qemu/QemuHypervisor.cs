using System.Collections.Concurrent;
using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// QEMU on this host. Its processes live in sessions of their own and outlive this program; each is found again by its
/// directory (see <see cref="QemuDirectory"/> and <c>QemuProcessFile</c>).
/// </summary>
public sealed class QemuHypervisor : IHypervisor
{
    private readonly QemuOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _probing = new(1, 1);
    private readonly ConcurrentDictionary<string, bool> _starting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _devices = new(StringComparer.Ordinal);
    private HypervisorFacts? _facts;

    /// <summary>Makes it; looks at nothing yet.</summary>
    public QemuHypervisor(QemuOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
    }

    /// <inheritdoc/>
    public string Name => "qemu";

    /// <inheritdoc/>
    public async Task<HypervisorFacts> ProbeAsync(CancellationToken cancellation)
    {
        await _probing.WaitAsync(cancellation);
        try
        {
            return _facts ??= await QemuProbe.AskAsync(_options, _time, cancellation);
        }
        finally
        {
            _probing.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Unfitness>> CheckAsync(VmSpec spec, CancellationToken cancellation)
    {
        var facts = await ProbeAsync(cancellation);
        var unknown = new HashSet<string>(StringComparer.Ordinal);

        // Only models that the host allows are asked for, so no text of a user reaches a command line unseen.
        foreach (var model in spec.Devices.Select(QemuCommandLine.ModelOf).Where(_options.DeviceModels.Contains))
        {
            if (!_devices.TryGetValue(model, out var isKnown))
                _devices[model] = isKnown = await QemuProbe.HasDeviceAsync(model, _options, _time, cancellation);
            if (!isKnown)
                unknown.Add(model);
        }

        return QemuFitness.Check(spec, facts, _options, unknown);
    }

    /// <inheritdoc/>
    public async Task<IMachine> StartAsync(
        VmSpec spec, StartMode mode, string directory, CancellationToken cancellation)
    {
        var facts = await ProbeAsync(cancellation);
        var unfit = await CheckAsync(spec, cancellation);
        if (unfit.Count > 0)
        {
            var reasons = string.Join("; ", unfit.Select(u => u.Detail));
            throw new HypervisorException(HypervisorFault.DidNotStart, $"{spec.Id} cannot run here: {reasons}.");
        }

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
            return await StartInAsync(files, QemuCommandLine.Of(spec, mode, files, _options, facts), cancellation);
        }
        finally
        {
            _starting.TryRemove(files.Path, out _);
        }
    }

    /// <inheritdoc/>
    public Task<IMachine?> AdoptAsync(string directory, CancellationToken cancellation) =>
        AttachAsync(new QemuDirectory(directory), cancellation);

    /// <summary>
    /// Ends the process of a directory without its monitors, for one that cannot be adopted because it hangs. False
    /// when there was none.
    /// </summary>
    public async Task<bool> KillAsync(string directory, CancellationToken cancellation)
    {
        if (QemuProcessFile.Find(new QemuDirectory(directory)) is not { } identity)
            return false;
        using var process = ProcessHandle.Open(identity);
        if (process is null)
            return false;
        await QemuMachine.EndAsync(process, _time, cancellation);
        return true;
    }

    private async Task<IMachine> StartInAsync(
        QemuDirectory files, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        try
        {
            await LaunchAsync(arguments, files, cancellation);
            return await AttachAsync(files, cancellation) ?? throw DidNotStart(files, "the process ended at once");
        }
        catch
        {
            // Whatever stage it reached: nobody will know of this process, so it must not stay.
            await KillAsync(files.Path, CancellationToken.None);
            throw;
        }
    }

    private async Task LaunchAsync(IReadOnlyList<string> arguments, QemuDirectory files, CancellationToken cancellation)
    {
        var timeout = TimeSpan.FromMilliseconds(Limits.Qemu.StartTimeoutMs);
        var result = await ProgramRun.ToEndAsync(_options.Binary, arguments, timeout, _time, cancellation);
        if (result.ExitCode != 0)
            throw DidNotStart(files, $"it ended with {result.ExitCode}: {HypervisorText.Cut(result.Errors.Trim())}");
        var identity = QemuProcessFile.OfPidFile(files) ?? throw DidNotStart(files, "the process ended at once");
        QemuProcessFile.Write(files, identity);
    }

    private async Task<IMachine?> AttachAsync(QemuDirectory files, CancellationToken cancellation)
    {
        if (QemuProcessFile.Find(files) is not { } identity || ProcessHandle.Open(identity) is not { } process)
            return null;
        try
        {
            var monitors = await QemuMonitors.ConnectAsync(files, process, _options, _time, cancellation);
            return new QemuMachine(files, process, monitors, _options, _time);
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

    private static HypervisorException DidNotStart(QemuDirectory files, string why)
    {
        var tail = files.LogTail();
        var log = tail.Length == 0 ? "" : $" The end of '{files.Log}': {HypervisorText.Cut(tail)}";
        return new HypervisorException(
            HypervisorFault.DidNotStart, $"QEMU did not start in '{files.Path}': {why}.{log}");
    }
}
