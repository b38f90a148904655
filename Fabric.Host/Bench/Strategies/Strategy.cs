namespace Fabric.Host.Bench.Strategies;

/// <summary>A way to move a guest.</summary>
public enum Strategy
{
    /// <summary>Stop it, send all of it, run it.</summary>
    StopAndCopy = 1,

    /// <summary>Clark's rounds at the line's rate.</summary>
    PreCopyFixed,

    /// <summary>Clark's rounds at a rate that follows the guest, from a tenth of the line's.</summary>
    PreCopyAdaptive,

    /// <summary>Run it there at once, and send the pages afterwards.</summary>
    PostCopy,

    /// <summary>One round, then the rest afterwards.</summary>
    Hybrid,
}
