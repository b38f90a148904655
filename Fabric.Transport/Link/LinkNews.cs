namespace Fabric.Transport.Link;

/// <summary>What happened to a link's connections.</summary>
public enum LinkNewsKind
{
    /// <summary>A connection was lost.</summary>
    Lost = 1,

    /// <summary>A connection was made again, or one more.</summary>
    Made,

    /// <summary>A connection could not be made; it is tried again.</summary>
    DialFailed,

    /// <summary>TCP's congestion control is not the one that was asked for.</summary>
    CongestionFellBack,
}

/// <summary>For a log. Holds no secret.</summary>
/// <param name="Kind">What.</param>
/// <param name="Slot">Of which connection.</param>
/// <param name="Open">How many are up now.</param>
/// <param name="Detail">In words.</param>
public sealed record LinkNews(LinkNewsKind Kind, int Slot, int Open, string Detail)
{
    /// <summary>Of which link: its migration and attempt, and which disk's it is.</summary>
    public string Link { get; init; } = "";
}
