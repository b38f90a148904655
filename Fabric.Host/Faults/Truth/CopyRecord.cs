using Fabric.Host.Faults.Guest;

namespace Fabric.Host.Faults.Truth;

/// <summary>What was seen of one copy, when the demo is over.</summary>
/// <param name="Name">Such as <c>host-b/e1-t4-a1</c>.</param>
/// <param name="Host">Where it was.</param>
/// <param name="IsAlive">Its process lives.</param>
/// <param name="Runs">When it executed the guest.</param>
/// <param name="Heartbeats">What the guest wrote there.</param>
/// <param name="Samples">How often it was asked.</param>
/// <param name="GoneAt">When its process was seen gone.</param>
public sealed record CopyRecord(
    string Name, string Host, bool IsAlive, IReadOnlyList<RunInterval> Runs, IReadOnlyList<Heartbeat> Heartbeats,
    int Samples, DateTimeOffset? GoneAt = null)
{
    /// <summary>What was seen until now.</summary>
    internal static CopyRecord Of(CopyTrack t) =>
        new(t.Name, t.Host, t.IsAlive, t.Runs.Intervals, t.Console.Heartbeats, t.Samples, t.GoneAt)
        {
            KilledOnPurpose = t.KilledOnPurpose,
            Writings = t.DiskWrites.Writings,
            DiskLooks = t.DiskWrites.Looks,
        };

    /// <summary>The suite killed it.</summary>
    public bool KilledOnPurpose { get; init; }

    /// <summary>When it could write which image.</summary>
    public IReadOnlyList<DiskWriting> Writings { get; init; } = [];

    /// <summary>How often that was looked at; 0 where guests have no disks.</summary>
    public int DiskLooks { get; init; }

    /// <summary>The migration's term, in the name of a copy that came in; null for one that was booted.</summary>
    public long? Term => CopyNames.TermOf(Name);

    /// <summary>The attempt, in the name of a copy that came in.</summary>
    public int? Attempt => CopyNames.AttemptOf(Name);

    /// <summary>Whether the guest executes here now.</summary>
    public bool IsRunning => IsAlive && Runs.Count > 0 && Runs[^1].To is null;

    /// <summary>Whether it executed at that moment.</summary>
    public bool RanAt(DateTimeOffset moment) => Runs.Any(r => r.Holds(moment));
}
