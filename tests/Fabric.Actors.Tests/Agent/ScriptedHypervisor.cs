using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Agent;

/// <summary>Starts scripted processes; what is not fit, and what is found in a directory, the test says.</summary>
internal sealed class ScriptedHypervisor : IHypervisor
{
    public ScriptedMachine Machine { get; } = new();

    public bool Fails { get; set; }

    public int Started { get; private set; }

    public string Name => "scripted";

    public Task<HypervisorFacts> ProbeAsync(CancellationToken cancellation) =>
        Task.FromResult(new HypervisorFacts(new Version(1, 0), "tcg", new HashSet<string>(StringComparer.Ordinal)));

    public Task<IReadOnlyList<Unfitness>> CheckAsync(VmSpec spec, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Unfitness>>([]);

    public Task<IMachine> StartAsync(VmSpec spec, StartMode mode, string directory, CancellationToken cancellation)
    {
        Started++;
        return Fails
            ? throw new HypervisorException(HypervisorFault.DidNotStart, "as the test says")
            : Task.FromResult<IMachine>(Machine);
    }

    public Task<IMachine?> AdoptAsync(string directory, CancellationToken cancellation) =>
        Task.FromResult<IMachine?>(Machine);

    public Task<bool> KillAsync(string directory, CancellationToken cancellation) => Task.FromResult(true);
}
