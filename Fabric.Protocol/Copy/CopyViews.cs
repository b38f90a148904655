namespace Fabric.Protocol;

/// <summary>How a host's copy looks to the coordinator, for one attempt or for the VM's life.</summary>
public static class CopyViews
{
    /// <summary>What the host, as the source of the stamped attempt, has to say.</summary>
    public static SourceReport SourceOf(CopyState state, Stamp stamp) => state switch
    {
        OwnedCopy { LastEnded: { } ended } s when ended.Attempt.Is(stamp) => new SourceReport(
            stamp, s.Running ? SourceView.Failed : SourceView.HandedOff, ended.Reason, ended.Detail),
        OwnedCopy => new SourceReport(stamp, SourceView.Ready),
        OutgoingCopy s when !s.Attempt.Is(stamp) => new SourceReport(stamp, SourceView.Ready),
        OutgoingCopy s => new SourceReport(stamp, PhaseView(s.Phase), s.Broken, s.BrokenDetail, s.Progress)
        {
            HandOff = s.HandOff,
        },
        EndedCopy s => new SourceReport(
            stamp, s.PausedFor?.Is(stamp) ?? false ? SourceView.Dead : SourceView.DiedRunning, s.Reason, s.Detail),
        ClosingCopy => new SourceReport(stamp, SourceView.Dead),
        NoCopy or IncomingCopy => new SourceReport(stamp, SourceView.Absent),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of a copy"),
    };

    /// <summary>
    /// What the host, as the target of the stamped attempt, has to say; null while a closed copy's process is still
    /// being ended, for it is neither there nor gone.
    /// </summary>
    public static TargetReport? TargetOf(CopyState state, Stamp stamp) => state switch
    {
        NoCopy { Closed: { } closed } when closed.Attempt.Is(stamp) =>
            new TargetReport(stamp, TargetView.Gone, null, closed.Reason, closed.Detail),
        NoCopy => new TargetReport(stamp, TargetView.Absent),
        IncomingCopy s when s.Attempt.Is(stamp) => new TargetReport(
            stamp, PhaseView(s.Phase), s.Offer,
            Detail: s.Replaced == 0 ? null : $"processes that died and were replaced in this attempt: {s.Replaced}"),
        ClosingCopy { Closed: { } closed } when closed.Attempt.Is(stamp) => null,
        OwnedCopy { GrantedBy: { } granted } s when granted.Is(stamp) => new TargetReport(
            stamp, s.Running ? TargetView.Running : TargetView.Loaded, Activation: s.Activation),
        OutgoingCopy { GrantedBy: { } granted } when granted.Is(stamp) => new TargetReport(stamp, TargetView.Running),
        EndedCopy { GrantedBy: { } granted } s when granted.Is(stamp) =>
            new TargetReport(stamp, TargetView.Crashed, null, s.Reason, s.Detail),
        IncomingCopy or OwnedCopy or OutgoingCopy or EndedCopy or ClosingCopy =>
            new TargetReport(stamp, TargetView.Absent),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of a copy"),
    };

    /// <summary>How the VM lives here under the stamp's epoch.</summary>
    public static LifeReport LifeOf(CopyState state, Stamp stamp) => state switch
    {
        OwnedCopy s when s.Epoch == stamp.Epoch =>
            new LifeReport(stamp, s.Running ? LifeView.Running : LifeView.Starting, null, null),
        OutgoingCopy s when s.Epoch == stamp.Epoch => new LifeReport(stamp, LifeView.Running, null, null),
        EndedCopy s when s.Epoch == stamp.Epoch => new LifeReport(stamp, s.Ended, s.Reason, s.Detail),
        NoCopy or IncomingCopy or OwnedCopy or OutgoingCopy or EndedCopy or ClosingCopy =>
            new LifeReport(stamp, LifeView.Absent, null, null),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of a copy"),
    };

    /// <summary>A copy that is being resumed stays handed off until its guest is seen running.</summary>
    private static SourceView PhaseView(OutgoingPhase phase) => phase switch
    {
        OutgoingPhase.Syncing => SourceView.Syncing,
        OutgoingPhase.Synced => SourceView.Synced,
        OutgoingPhase.Starting or OutgoingPhase.Sending => SourceView.Sending,
        OutgoingPhase.Paused => SourceView.Paused,
        OutgoingPhase.HandedOff or OutgoingPhase.Resuming => SourceView.HandedOff,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "not a phase"),
    };

    private static TargetView PhaseView(IncomingPhase phase) => phase switch
    {
        IncomingPhase.Starting => TargetView.Absent,
        IncomingPhase.Prepared => TargetView.Prepared,
        IncomingPhase.Receiving => TargetView.Receiving,
        IncomingPhase.Loaded => TargetView.Loaded,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "not a phase"),
    };
}
