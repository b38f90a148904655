namespace Fabric.Transport.Pages;

/// <summary>Between which constructs a stream stands.</summary>
internal enum StreamPlace
{
    /// <summary>Where no section of RAM can be gone on with: before the first, or in what is not read.</summary>
    Elsewhere,

    /// <summary>Between two sections.</summary>
    Between,

    /// <summary>Among a section's records.</summary>
    InRecords,

    /// <summary>The records have ended, the section has not.</summary>
    BeforeFooter,
}

/// <summary>Where a stream stands, and in which section.</summary>
internal readonly record struct StreamStanding(StreamPlace Place, SectionKind Kind);
