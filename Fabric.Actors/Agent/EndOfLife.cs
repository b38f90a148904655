namespace Fabric.Actors.Agent;

/// <summary>What one end of a VM's process here was, as far as it was found over all tries of its release.</summary>
internal sealed class EndOfLife
{
    /// <summary>The guest ended, it did not go elsewhere.</summary>
    public bool IsOwn { get; set; }

    /// <summary>That is so if its network was still here.</summary>
    public bool MayBeOwn { get; init; }
}
