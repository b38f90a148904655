namespace Fabric.Protocol;

/// <summary>Why a well-formed frame is not allowed where it came; a closed list.</summary>
public enum FrameFault
{
    /// <summary>It is.</summary>
    None,

    /// <summary>Its channel goes the other way.</summary>
    WrongWay,

    /// <summary>A new connection begins with what was received so far, for each channel; this came before.</summary>
    BeforeResume,

    /// <summary>Its bytes came before, and nothing was lost that would have to be sent again.</summary>
    Duplicate,

    /// <summary>Bytes before it did not come, and no other connection could bring them.</summary>
    Gap,

    /// <summary>It overlaps one that waits, and is not the same.</summary>
    Overlap,

    /// <summary>More bytes than the receiver has given credit for.</summary>
    BeyondCredit,

    /// <summary>More frames out of order than may be under way.</summary>
    TooManyAhead,

    /// <summary>Bytes behind the end of the channel.</summary>
    AfterEnd,

    /// <summary>The end before bytes that had come.</summary>
    EarlyEnd,

    /// <summary>A second end of the channel.</summary>
    SecondEnd,

    /// <summary>It acknowledges what was never sent.</summary>
    AckOfUnsent,

    /// <summary>Its credit is below what it acknowledges, or beyond the window.</summary>
    BadCredit,

    /// <summary>Numbered beyond the last byte that a link may have.</summary>
    OffsetRange,
}
