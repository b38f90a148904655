using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>Where the copy of a disk stands; shown to operators, never used to decide about ownership.</summary>
/// <param name="Id">Which.</param>
/// <param name="TotalBytes">What the guest sees.</param>
/// <param name="CopiedBytes">Copied so far in this attempt, all rounds.</param>
/// <param name="LeftBytes">Not copied yet, or written since.</param>
/// <param name="Round">The round under way; 1 is the first.</param>
/// <param name="WireBytes">Bytes of the disk's data link, both ways.</param>
/// <param name="Resumed">It goes on from what an earlier attempt had copied.</param>
public sealed record DiskProgress(
    DiskId Id, long TotalBytes, long CopiedBytes, long LeftBytes, int Round, long WireBytes, bool Resumed)
{
    /// <summary>The guest's writes wait for the target.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Synchronous { get; init; }
}
