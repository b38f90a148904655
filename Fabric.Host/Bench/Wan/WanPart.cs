namespace Fabric.Host.Bench.Wan;

/// <summary>A part of the comparison; a closed list.</summary>
public enum WanPart
{
    /// <summary>Each guest by each way.</summary>
    Compare = 1,

    /// <summary>A line that is cut, a target's hypervisor that is killed, a target host's agent that is killed.</summary>
    Broken,

    /// <summary>There and back, with a kept checkpoint.</summary>
    Return,

    /// <summary>Loopback without page work: the relays' own speed.</summary>
    Throughput,
}
