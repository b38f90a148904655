namespace Fabric.Protocol;

/// <summary>What each event makes of a host's copy. The only place that changes one.</summary>
public static class CopyEvolution
{
    /// <summary>The state after the event.</summary>
    /// <exception cref="InvalidOperationException">The event cannot happen in this state: the ledger is not one
    /// history.</exception>
    public static CopyState Evolve(CopyState state, CopyEvent happened) => (state, happened) switch
    {
        (OwnedCopy s, OwnedSighted e) => s with { Running = e.Running, Activation = e.Activation ?? s.Activation },
        (OutgoingCopy s, OutgoingSighted e) => s with
        {
            Phase = e.Phase,
            Progress = e.Progress ?? s.Progress,
            HandOff = e.HandOff ?? s.HandOff,
        },
        (OutgoingCopy s, OutgoingBroken e) =>
            s with { Broken = s.Broken ?? e.Reason, BrokenDetail = s.BrokenDetail ?? e.Detail },
        (IncomingCopy s, IncomingSighted e) => s with { Phase = e.Phase, Offer = e.Offer ?? s.Offer },

        (NoCopy or EndedCopy, CopyStartNoted e) => new OwnedCopy(
            state.Fence.Raised(e.Stamp), e.Spec, e.Directory, e.Stamp.Epoch, null, false, false, null, null),
        (OwnedCopy s, CopyStopNoted e) => s with { Fence = s.Fence.Raised(e.Stamp), Stopping = true },
        (OwnedCopy or OutgoingCopy, CopyEnded e) => End((HeldCopy)state, e),

        (OwnedCopy s, OutgoingBegun e) => new OutgoingCopy(
            s.Fence.Raised(e.Stamp), s.Spec, s.Directory, s.Epoch, s.GrantedBy, Attempt(e.Stamp),
            s.Spec.LocalDisks().Any() ? OutgoingPhase.Syncing : OutgoingPhase.Starting,
            null, null, null),
        (OutgoingCopy s, HandOffNoted) => s with { Phase = OutgoingPhase.HandedOff },
        (OutgoingCopy s, RollbackNoted e) => s with { Fence = s.Fence.Raised(e.Stamp), Phase = OutgoingPhase.Resuming },
        (OutgoingCopy s, OutgoingEnded e) => new OwnedCopy(
            s.Fence.Raised(e.Stamp), s.Spec, s.Directory, s.Epoch, s.GrantedBy, true, false,
            Closed(e.Stamp, e.Reason, e.Detail), null),
        (OwnedCopy s, OutgoingEnded e) => s with
        {
            Fence = s.Fence.Raised(e.Stamp),
            LastEnded = Closed(e.Stamp, e.Reason, e.Detail),
        },
        (OutgoingCopy s, RegrantNoted e) => new OwnedCopy(
            s.Fence.Raised(e.Stamp), s.Spec, s.Directory, e.Stamp.Epoch, s.GrantedBy, false, false,
            Closed(e.Stamp, FailureReason.TargetLostBeforeRun, null), null),
        (OwnedCopy or OutgoingCopy or EndedCopy, ReleaseNoted e) => Release((HeldCopy)state, e),

        (NoCopy or EndedCopy, IncomingNoted e) => new IncomingCopy(
            state.Fence.Raised(e.Stamp), e.Spec, e.Directory, e.Stamp.Epoch, e.Source, Attempt(e.Stamp),
            IncomingPhase.Starting, null),
        (IncomingCopy s, IncomingReplaced e) => s with { Directory = e.Directory, Replaced = e.Count },
        (IncomingCopy s, IncomingClosed { ProcessIsGone: false } e) => new ClosingCopy(
            s.Fence.Raised(e.Stamp), s.Spec, s.Directory, s.Epoch, null, Closed(e.Stamp, e.Reason, e.Detail), null),
        (IncomingCopy or NoCopy, IncomingClosed e) =>
            new NoCopy(state.Fence.Raised(e.Stamp), Closed(e.Stamp, e.Reason, e.Detail)),
        (EndedCopy s, IncomingClosed e) => new NoCopy(s.Fence.Raised(e.Stamp), Closed(e.Stamp, e.Reason, e.Detail)),
        (IncomingCopy s, GrantNoted e) => new OwnedCopy(
            s.Fence.Raised(e.Stamp), s.Spec, s.Directory, e.Stamp.Epoch, s.Attempt, false, false, null, null),
        (ClosingCopy s, CopyCleared) => new NoCopy(s.Fence, s.Closed),
        _ => throw new InvalidOperationException(
            $"{happened.GetType().Name} cannot happen to a {state.GetType().Name}: this ledger is not one history"),
    };

    private static EndedCopy End(HeldCopy s, CopyEnded e) =>
        new(s.Fence, s.Spec, s.Directory, s.Epoch, s.GrantedBy, e.Ended, e.Reason, e.Detail,
            e.Paused ? (s as OutgoingCopy)?.Attempt : null);

    private static ClosingCopy Release(HeldCopy s, ReleaseNoted e) =>
        new(s.Fence.Raised(e.Stamp), s.Spec, s.Directory, s.Epoch, s.GrantedBy, null, AttemptRef.Of(e.Stamp));

    private static AttemptRef Attempt(Stamp stamp) => AttemptRef.Of(stamp)
        ?? throw new InvalidOperationException($"stamp {stamp} names no migration");

    private static ClosedAttempt Closed(Stamp stamp, FailureReason reason, string? detail) =>
        new(Attempt(stamp), reason, detail);
}
