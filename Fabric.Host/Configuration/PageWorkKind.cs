namespace Fabric.Host.Configuration;

/// <summary>What may be sent in the place of a page.</summary>
public enum PageWorkKind
{
    /// <summary>That it is zeros.</summary>
    Zero,

    /// <summary>That the target holds it.</summary>
    Unchanged,

    /// <summary>Which other page it is like.</summary>
    Reference,

    /// <summary>What changed in it.</summary>
    Delta,

    /// <summary>Its bytes, compressed.</summary>
    Compress,
}
