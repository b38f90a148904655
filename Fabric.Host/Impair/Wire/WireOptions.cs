namespace Fabric.Host.Impair.Wire;

/// <summary>What <c>fabric impair wire</c> is given.</summary>
/// <param name="A">One end; there is from here.</param>
/// <param name="B">The other end; back is from here.</param>
/// <param name="Settings">What the line is like at first.</param>
/// <param name="Cuts">To come.</param>
/// <param name="Way">Which way they cut.</param>
/// <param name="Control">Path of the control socket; null for none.</param>
/// <param name="Seed">Of jitter and losses: the same gives the same.</param>
internal sealed record WireOptions(
    WireEnd A, WireEnd B, ImpairSettings Settings, IReadOnlyList<PlannedCut> Cuts, CutWay Way, string? Control,
    int Seed);
