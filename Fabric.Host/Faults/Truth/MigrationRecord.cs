using Fabric.Protocol;

namespace Fabric.Host.Faults.Truth;

/// <summary>A journalled event, and when it was written.</summary>
public sealed record JournalLine(MigrationEvent Event, DateTimeOffset WrittenAt);

/// <summary>All that the journal holds of one migration.</summary>
public sealed record MigrationRecord(IReadOnlyList<JournalLine> Lines)
{
    /// <summary>What it was to do.</summary>
    public MigrationPlan Plan => First<MigrationRequested>()!.Plan;

    /// <summary>How it ended; null when it did not.</summary>
    public MigrationEnded? Ended => First<MigrationEnded>();

    /// <summary>Attempts that began.</summary>
    public int Attempts => Lines.Count(l => l.Event is AttemptStarted);

    /// <summary>The first event of a kind.</summary>
    public T? First<T>()
        where T : MigrationEvent => Lines.Select(l => l.Event).OfType<T>().FirstOrDefault();

    /// <summary>When the first event of a kind was written.</summary>
    public DateTimeOffset? When<T>()
        where T : MigrationEvent => Lines.FirstOrDefault(l => l.Event is T)?.WrittenAt;

    /// <summary>The attempt that was committed; null when none was.</summary>
    public int? CommittedAttempt => First<Committed>() is null
        ? null
        : Lines.TakeWhile(l => l.Event is not Committed).Count(l => l.Event is AttemptStarted);
}
