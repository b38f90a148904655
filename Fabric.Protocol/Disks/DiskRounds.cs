namespace Fabric.Protocol;

/// <summary>What to do after a round of a disk's copy.</summary>
public enum DiskStep
{
    /// <summary>Copy what was written meanwhile.</summary>
    Round = 1,

    /// <summary>The rest fits into the pause, or does not get smaller: the copy is as good as it gets while the guest runs.</summary>
    Ready,

    /// <summary>The guest writes as fast as the line carries: slow its writes, and copy on.</summary>
    Slow,

    /// <summary>From here on each write of the guest waits for the target; copy on until all before that is there too.</summary>
    Synchronous,
}

/// <summary>A round that has ended: all of it is on the target's disk.</summary>
/// <param name="CopiedBytes">What it copied.</param>
/// <param name="TookMs">How long it took.</param>
/// <param name="DirtyBytes">What the guest has written meanwhile.</param>
public readonly record struct DiskRound(long CopiedBytes, long TookMs, long DirtyBytes);

/// <summary>A decision.</summary>
/// <param name="Step">What to do.</param>
/// <param name="WriteBytesPerSecond">With <see cref="DiskStep.Slow"/>: what the guest may write.</param>
public readonly record struct DiskDecision(DiskStep Step, long WriteBytesPerSecond = 0);

/// <summary>
/// The rounds of one disk's copy so far, and what follows from them. A first copy is followed by rounds of what was
/// written meanwhile. They get smaller as long as the line is faster than the guest; when the rest is what the line
/// carries in a moment, or does not get smaller any more, the rounds are over (the last one is run in the pause). A
/// guest whose writes may be slowed is slowed first, to half of what the line carries, so that the rounds shrink by half.
/// A copy that may be synchronous is, as soon as the rounds are over; when that breaks, rounds begin anew, and after
/// <see cref="Limits.Disks.MirrorsMax"/> times it is as if it could not be.
/// </summary>
/// <param name="WritesMin">What the guest's writes may be slowed to, bytes a second; 0: they may not be slowed.</param>
/// <param name="MaySynchronous">The guest's writes may wait for the target.</param>
public sealed record DiskRounds(long WritesMin, bool MaySynchronous = false)
{
    private const int ShrunkPercent = 90;

    /// <summary>The dirty rest after the last round; null before the first.</summary>
    public long? LastDirtyBytes { get; private init; }

    /// <summary>Rounds in a row without gain.</summary>
    public int WithoutGain { get; private init; }

    /// <summary>How often it went synchronous.</summary>
    public int Mirrors { get; private init; }

    /// <summary>What the guest may write in a second; 0 while it is not slowed.</summary>
    public long ThrottleBytesPerSecond { get; private init; }

    /// <summary>
    /// With another bound. Writes that are held to less are let go up to it; slowing them again is decided anew.
    /// </summary>
    public DiskRounds Under(long writesMin)
    {
        var held = writesMin == 0 ? 0 : ThrottleBytesPerSecond == 0 ? 0 : Math.Max(ThrottleBytesPerSecond, writesMin);
        return writesMin == WritesMin
            ? this
            : this with { WritesMin = writesMin, ThrottleBytesPerSecond = held, WithoutGain = 0 };
    }

    /// <summary>Takes a round in and decides.</summary>
    public (DiskRounds Next, DiskDecision Decision) After(DiskRound round)
    {
        var isEnough = round.DirtyBytes <= Enough(round);
        var hasGain = LastDirtyBytes is not { } before || round.DirtyBytes <= before / 100 * ShrunkPercent;
        var next = this with
        {
            LastDirtyBytes = round.DirtyBytes,
            WithoutGain = isEnough || hasGain ? 0 : WithoutGain + 1,
        };
        if (!isEnough && next.WithoutGain < Limits.Disks.RoundsWithoutGainMax)
            return (next, new DiskDecision(DiskStep.Round));
        if (MaySynchronous && Mirrors < Limits.Disks.MirrorsMax)
        {
            next = next with { Mirrors = Mirrors + 1, LastDirtyBytes = null, WithoutGain = 0 };
            return (next, new DiskDecision(DiskStep.Synchronous));
        }

        if (isEnough)
            return (next, new DiskDecision(DiskStep.Ready));
        if (WritesMin == 0 || ThrottleBytesPerSecond == WritesMin)
            return (next, new DiskDecision(DiskStep.Ready));
        // A round of a few pieces was over before the line was full: what it carries is told by the next.
        if (round.CopiedBytes < Limits.Disks.ReadyBytes)
            return (next, new DiskDecision(DiskStep.Round));
        var half = Math.Max(Half(round), WritesMin);
        next = next with { WithoutGain = 0, ThrottleBytesPerSecond = half };
        return (next, new DiskDecision(DiskStep.Slow, half));
    }

    // The line's rate is known from rounds that were more than a handful of pieces.
    private static long Enough(DiskRound round) =>
        Math.Max(Limits.Disks.ReadyBytes, Rate(round) / 1_000 * Limits.Disks.ReadyMs);

    // Slowed once already and still no gain: what was measured then was not what the line carries; half of that again.
    private long Half(DiskRound round) =>
        ThrottleBytesPerSecond > 0 ? Math.Min(Rate(round), ThrottleBytesPerSecond) / 2 : Rate(round) / 2;

    private static long Rate(DiskRound round) =>
        (long)(round.CopiedBytes * 1_000.0 / Math.Max(1, round.TookMs));
}
