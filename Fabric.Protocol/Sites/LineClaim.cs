using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>
/// What a migration wants of the link between its sites. Said again at each wake-up, so that a link that has forgotten
/// everything knows it all again a moment later: nothing of it is in a journal.
/// </summary>
/// <param name="Migration">Who.</param>
/// <param name="Since">When it was asked for: first come, first served.</param>
/// <param name="Holds">Its attempts have begun, so it has a place, whatever the link says.</param>
/// <param name="Sends">It takes a share of the bandwidth.</param>
/// <param name="Wanted">Bytes a second at most; 0 is as much as there is.</param>
public sealed record LineClaim(MigrationId Migration, DateTimeOffset Since, bool Holds, bool Sends, long Wanted)
{
    /// <summary>What a migration claims where it stands; null when it has no use for the link (any more).</summary>
    public static LineClaim? Of(MigrationState state) => state.Stage switch
    {
        InPreMigration s => Of(s, holds: false, sends: false),
        // Between two attempts it keeps its place, and others have its share.
        InRollback s => Of(s, holds: true, sends: false),
        InReservation s => Of(s, holds: true, sends: true),
        InStorageSync s => Of(s, holds: true, sends: true),
        InPreCopy s => Of(s, holds: true, sends: true),
        // The last copy is held to nothing; that its share is not given away leaves it room.
        InStopAndCopy s => Of(s, holds: true, sends: true),
        _ => null,
    };

    private static LineClaim Of(Begun stage, bool holds, bool sends) => new(
        stage.Plan.Id, stage.StartedAt, holds, sends, stage.Plan.Policy.Transfer.BandwidthMax);
}

/// <summary>What a migration knows of the link between its sites.</summary>
/// <param name="Link">Its name, as people read it.</param>
/// <param name="Admitted">It has a place; before, nothing moves.</param>
/// <param name="Share">Its bytes a second; 0 is no limit.</param>
/// <param name="Before">How many wait before it.</param>
public sealed record LineSight(string Link, bool Admitted, long Share, int Before)
{
    /// <summary>How the link is.</summary>
    public LineState State { get; init; } = LineState.Unknown;

    /// <summary>No attempt begins: it is down, or may be and is being measured. What has begun goes on.</summary>
    public bool Held { get; init; }

    /// <summary>After how long without an answer something was lost on it, measured; null when it was not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TimeoutMs { get; init; }

    /// <summary>Before the link was heard.</summary>
    public static LineSight Unheard(WanLink link) =>
        new(link.ToString(), Admitted: false, Share: 0, Before: 0) { Held = true };
}
