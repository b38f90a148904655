using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>A VM as its stream tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">As users see it: stopped, crashed, starting, running, stopping, migrating.</param>
/// <param name="Host">Who owns it.</param>
/// <param name="Epoch">Of the ownership.</param>
/// <param name="Version">Events in its stream.</param>
/// <param name="Spec">The machine.</param>
/// <param name="Migration">Which migration has it, if one has.</param>
/// <param name="Target">Where that one goes.</param>
/// <param name="Reason">Why it crashed, if it did.</param>
/// <param name="Detail">The same in words.</param>
public sealed record VmSummary(
    VmId Name, string State, HostId Host, long Epoch, long Version, VmSpec Spec, MigrationId? Migration, HostId? Target,
    FailureReason? Reason, string? Detail);

/// <summary>What a VM wrote in an interval.</summary>
public sealed record DirtyingSample(VmId Vm, int IntervalMs, long Pages, DateTimeOffset At);

/// <summary>A host: it joined once, and may be connected.</summary>
public sealed record HostSummary(HostId Name, bool Connected, DateTimeOffset? JoinedAt, HostFacts? Facts);

/// <summary>A migration as its stream tells it, with the last numbers seen of its transfer.</summary>
public sealed record MigrationSummary
{
    /// <summary>Its name.</summary>
    public required MigrationId Id { get; init; }

    /// <summary>What it moves.</summary>
    public required VmId Vm { get; init; }

    /// <summary>From where.</summary>
    public required HostId Source { get; init; }

    /// <summary>To where.</summary>
    public required HostId Target { get; init; }

    /// <summary>Where it stands.</summary>
    public required StageKind Stage { get; init; }

    /// <summary>Version of its stream.</summary>
    public required long Version { get; init; }

    /// <summary>The attempt under way or the last one; 0 before the first.</summary>
    public required int Attempt { get; init; }

    /// <summary>Limits and time-outs.</summary>
    public required MigrationPolicy Policy { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the outcome was known.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The outcome, once it is true.</summary>
    public MigrationOutcome? Outcome { get; init; }

    /// <summary>Why it did not go as asked; of the last attempt while it goes on.</summary>
    public FailureReason? Reason { get; init; }

    /// <summary>The same in words.</summary>
    public string? Detail { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Advice { get; init; }

    /// <summary>Who keeps the VM, once the outcome is known.</summary>
    public Keeper? Keeper { get; init; }

    /// <summary>Where the downtime went.</summary>
    public Downtime? Downtime { get; init; }

    /// <summary>Pre-copy rounds over all attempts.</summary>
    public int RoundsDone { get; init; }

    /// <summary>Each of them; not in lists.</summary>
    public IReadOnlyList<RoundSummary>? Rounds { get; init; }

    /// <summary>What was decided about its transfer, and why; not in lists.</summary>
    public IReadOnlyList<DecisionSummary>? Decisions { get; init; }

    /// <summary>Each attempt; not in lists.</summary>
    public IReadOnlyList<AttemptSummary>? Attempts { get; init; }

    /// <summary>What crossed the data link until the hand-over, both ways; durable, so also of long ago.</summary>
    public long? WireBytes { get; init; }

    /// <summary>The last numbers seen of the transfer, since this coordinator's start.</summary>
    public TransferSeen? Transfer { get; init; }

    /// <summary>At which stage a fault plan holds it, if one does.</summary>
    public StageKind? HeldAt { get; init; }

    /// <summary>What the link between its sites has for it; null where there is none, and after its end.</summary>
    public LineSight? Line { get; init; }
}

/// <summary>A finished round.</summary>
public sealed record RoundSummary(int Attempt, Round Round, DateTimeOffset At);

/// <summary>A decision about a transfer.</summary>
public sealed record DecisionSummary(int Attempt, TransferDecision Decision, DateTimeOffset At);

/// <summary>An attempt, and how it was abandoned if it was.</summary>
public sealed record AttemptSummary(
    int Number, DateTimeOffset StartedAt, FailureReason? Reason, string? Detail, DateTimeOffset? AbandonedAt);

/// <summary>Numbers of a transfer.</summary>
public sealed record TransferSeen(MigrationId Migration, int Attempt, TransferProgress Progress, DateTimeOffset At);

/// <summary>An event as it was recorded.</summary>
/// <param name="Stream">Such as <c>migration/web-m4</c>.</param>
/// <param name="Version">Its number in the stream, from 1.</param>
/// <param name="Sequence">Its number in the journal.</param>
/// <param name="Name">Such as <c>migration.committed.v1</c>.</param>
/// <param name="At">The clock of who wrote it.</param>
/// <param name="Event">What happened.</param>
public sealed record JournalEntry(
    string Stream, long Version, long Sequence, string Name, DateTimeOffset At, JsonElement Event);

/// <summary>A page, newest first; <paramref name="Next"/> asks for what is older.</summary>
public sealed record MigrationPage(IReadOnlyList<MigrationSummary> Migrations, long? Next);

/// <summary>A page in order of names; <paramref name="Next"/> is the last name, when there are more.</summary>
public sealed record VmPage(IReadOnlyList<VmSummary> Vms, string? Next);
