namespace Fabric.Host.Bench.Throughput;

/// <summary>One migration.</summary>
/// <param name="Way">How.</param>
/// <param name="Bytes">Bytes of guest memory that QEMU sent.</param>
/// <param name="Seconds">From QEMU's setup to its completion.</param>
/// <param name="RelayCpuSeconds">Processor time of this process meanwhile: both relays, both monitors.</param>
public sealed record Hop(Way Way, long Bytes, double Seconds, double RelayCpuSeconds)
{
    /// <summary>Speed.</summary>
    public double MegabytesPerSecond => Bytes / 1e6 / Seconds;

    /// <summary>What the relays cost.</summary>
    public double CpuPerGigabyte => RelayCpuSeconds / (Bytes / 1e9);
}
