namespace Fabric.Host.Impair;

/// <summary>What a cut does to connections.</summary>
public enum CutKind
{
    /// <summary>They stay open and carry nothing, as over a path that drops every packet.</summary>
    Hold = 1,

    /// <summary>They are reset, and so are new ones until the cut is over.</summary>
    Reset,
}

/// <summary>Which way a cut is.</summary>
public enum CutWay
{
    /// <summary>Both.</summary>
    Both = 1,

    /// <summary>What goes from the first end to the second is lost.</summary>
    There,

    /// <summary>What goes from the second end to the first is lost.</summary>
    Back,
}

/// <summary>A cut to come.</summary>
/// <param name="At">After the proxy's start.</param>
/// <param name="Length">For so long.</param>
public sealed record PlannedCut(TimeSpan At, TimeSpan Length);
