using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>Makes real hands.</summary>
public sealed class CopyHandsFactory(AgentTools tools) : ICopyHandsFactory
{
    /// <inheritdoc/>
    public ICopyHands Create(VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report) =>
        new CopyHands(tools, vm, tell, report);
}
