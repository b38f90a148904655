namespace Fabric.Protocol;

/// <summary>What a keeper asks for.</summary>
public enum LinkActKind
{
    /// <summary>Make this connection.</summary>
    Dial = 1,

    /// <summary>Close this connection: its path is dead, or it is one too many.</summary>
    Close,

    /// <summary>The link is lost for good.</summary>
    GiveUp,
}

/// <summary>One thing to do.</summary>
/// <param name="Kind">What.</param>
/// <param name="Slot">With which connection.</param>
public readonly record struct LinkAct(LinkActKind Kind, int Slot);
