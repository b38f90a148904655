namespace Fabric.Host.Faults.Run;

/// <summary>How a case came out. Closed.</summary>
public enum Verdict
{
    /// <summary>Every rule held, and the guest is clean.</summary>
    Held = 1,

    /// <summary>A rule was broken, or the guest is not clean.</summary>
    Broken,

    /// <summary>It could not be carried out, which says nothing about the rules.</summary>
    NotCarriedOut,
}
