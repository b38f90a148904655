using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Embedded;

/// <summary>
/// The hypervisor that comes with this program: no root, nothing to install. Each machine is a process <c>fabric
/// guest</c> with QEMU's monitors, states and migration stream, so all but its start is QEMU's driver.
/// </summary>
public sealed class EmbeddedHypervisor : IHypervisor
{
    private static readonly HypervisorFacts Facts = new(
        typeof(EmbeddedHypervisor).Assembly.GetName().Version ?? new Version(0, 0),
        "software",
        new HashSet<string>(StringComparer.Ordinal) { VmSpec.EmbeddedMachine });

    private readonly EmbeddedOptions _options;
    private readonly MachineProcesses _processes;

    /// <summary>Makes it; starts nothing yet.</summary>
    public EmbeddedHypervisor(EmbeddedOptions options, TimeProvider time)
    {
        _options = options;
        _processes = new MachineProcesses("The embedded hypervisor", options.Monitors, FaultOf, time, hasDisks: false);
    }

    /// <inheritdoc/>
    public string Name => "embedded";

    /// <inheritdoc/>
    public Task<HypervisorFacts> ProbeAsync(CancellationToken cancellation) => Task.FromResult(Facts);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Unfitness>> CheckAsync(VmSpec spec, CancellationToken cancellation) =>
        Task.FromResult(EmbeddedFitness.Check(spec));

    /// <inheritdoc/>
    public Task<IMachine> StartAsync(VmSpec spec, StartMode mode, string directory, CancellationToken cancellation)
    {
        if (EmbeddedFitness.Check(spec) is { Count: > 0 } unfit)
        {
            var reasons = string.Join("; ", unfit.Select(u => u.Detail));
            throw new HypervisorException(HypervisorFault.DidNotStart, $"{spec.Id} cannot run here: {reasons}.");
        }

        return _processes.StartAsync(
            directory,
            files => (EmbeddedCommandLine.Shell, EmbeddedCommandLine.Of(spec, mode, files, _options)),
            cancellation);
    }

    /// <inheritdoc/>
    public Task<IMachine?> AdoptAsync(string directory, CancellationToken cancellation) =>
        _processes.AdoptAsync(directory, cancellation);

    /// <inheritdoc/>
    public Task<bool> KillAsync(string directory, CancellationToken cancellation) =>
        _processes.KillAsync(directory, cancellation);

    // The shell always succeeds; the process in the background says what became of it, or says nothing and is dead.
    private static string? FaultOf(ProgramResult result)
    {
        var said = result.Output.Trim();
        if (string.Equals(said, EmbeddedCommandLine.ReadyWord, StringComparison.Ordinal))
            return null;
        return said.Length > 0 ? HypervisorText.Cut(said) : "it ended without a word";
    }
}
