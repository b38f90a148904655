using System.Collections.Concurrent;
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
    private readonly MachineProcesses _processes;
    private readonly SemaphoreSlim _probing = new(1, 1);
    private readonly ConcurrentDictionary<string, bool> _devices = new(StringComparer.Ordinal);
    private HypervisorFacts? _facts;

    /// <summary>Makes it; looks at nothing yet.</summary>
    public QemuHypervisor(QemuOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _processes = new MachineProcesses("QEMU", options.Monitors, FaultOf, time, hasDisks: true);
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

        return await _processes.StartAsync(
            directory, files => (_options.Binary, QemuCommandLine.Of(spec, mode, files, _options, facts)), cancellation);
    }

    /// <inheritdoc/>
    public Task<IMachine?> AdoptAsync(string directory, CancellationToken cancellation) =>
        _processes.AdoptAsync(directory, cancellation);

    /// <inheritdoc/>
    public Task<bool> KillAsync(string directory, CancellationToken cancellation) =>
        _processes.KillAsync(directory, cancellation);

    // It has forked by then; what it prints before matters only when it failed.
    private static string? FaultOf(ProgramResult result) => result.ExitCode == 0
        ? null
        : $"it ended with {result.ExitCode}: {HypervisorText.Cut(result.Errors.Trim())}";
}
