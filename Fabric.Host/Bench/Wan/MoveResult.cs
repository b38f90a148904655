namespace Fabric.Host.Bench.Wan;

/// <summary>One move of one guest.</summary>
/// <param name="Guest">Which.</param>
/// <param name="Way">How.</param>
/// <param name="WireBytes">On the line, both ways, without the heads of TCP and IP.</param>
/// <param name="TotalMs">From the order until the target runs.</param>
/// <param name="DowntimeMs">As QEMU, or the coordinator, reports it.</param>
/// <param name="CpuSeconds">Both hypervisors and all nodes, the guest's own work included.</param>
/// <param name="Attempts">1 when it went through at once.</param>
/// <param name="Forced">It did not converge: the limit of its downtime was raised.</param>
/// <param name="Clean">It completed, and the guest found none of its pages wrong.</param>
public sealed record MoveResult(
    string Guest, MoveWay Way, long WireBytes, double TotalMs, double DowntimeMs, double CpuSeconds, int Attempts,
    bool Forced, bool Clean);
