namespace Fabric.Simulation.World;

/// <summary>What a frame on the wire says, and what is really in it.</summary>
/// <param name="Out">Which frame; its offset says where its bytes belong.</param>
/// <param name="Content">Where its bytes come from.</param>
internal readonly record struct SimFrame(Fabric.Protocol.LinkOut Out, long Content);

/// <summary>
/// One connection: frames under way each way, in order. Either end may believe it open while the other knows better.
/// </summary>
internal sealed class SimWire(int slot)
{
    public int Slot => slot;

    /// <summary>From the end with that index.</summary>
    public Queue<SimFrame>[] From { get; } = [new(), new()];

    /// <summary>The end with that index holds it open.</summary>
    public bool[] IsOpenAt { get; } = [true, true];

    /// <summary>The path under it is dead, and nobody was told.</summary>
    public bool IsDead { get; set; }

    /// <summary>Frames that go through before it is cut; negative: none is to be cut.</summary>
    public int CutIn { get; set; } = -1;
}
