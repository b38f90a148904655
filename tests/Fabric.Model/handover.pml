/*
 * The hand-over of one VM from a source host to a target host, with what goes wrong on the way.
 *
 * This is written apart from the C# machines and shares nothing with them. README.md says, step by step, where the code
 * does the same and which transcript shows it, and what is left out.
 *
 * Every step is one atomic act of one party; a party that crashes loses what is marked volatile. There is no time: what
 * waits for a time-out may end whenever it waits.
 *
 *   -DFAULTS=n       crashes of agents and coordinator and deaths of hypervisors in one run
 *   -DATTEMPTS=n     attempts in one run, of one migration or of several that follow each other
 *   -DLATE_REPORTS   reports are on their way for a while
 *   -DPATIENT        for "never none for ever": every fault counts, lost and late messages and cuts too, and ends
 *   -DGOAL_x         a state that must be possible, to see that it is
 *   -DPLANT_x        a bug, to see it found; with -DPLANTED, cells that cannot be are held and not reported
 *   -DONLY_TWO_RUN   no rule but "never two run" is looked at
 *
 * Without PATIENT there is no limit to orders and reports that are lost, to orders that come late, twice and in any
 * order, to links that are cut and to time-outs.
 */

#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif

/* Views, in the order in which an attempt goes through them (Messages/Views.cs: SourceView, TargetView). */
#define S_UNKNOWN 0
#define S_READY 1
#define S_SENDING 2
#define S_PAUSED 3
#define S_HANDEDOFF 4
#define S_FAILED 5
#define S_DIEDRUNNING 6
#define S_DEAD 7
#define S_ABSENT 8

#define T_UNKNOWN 0
#define T_ABSENT 1
#define T_PREPARED 2
#define T_RECEIVING 3
#define T_LOADED 4
#define T_RUNNING 5
#define T_GONE 6
#define T_CRASHED 7

mtype = {
  /* stages (Migration/MigrationState.cs: StageKind); StorageSync is part of PreCopy here */
  Reservation, PreCopy, StopAndCopy, RollingBack, Commitment, Activation, Reversal, OnHold, ReleasingSource,
  DiscardingTarget, Over,
  /* outcomes (Migration/MigrationEvents.cs: MigrationOutcome) */
  Open, Completed, RolledBack, Lost,
  /* orders (Messages/Orders.cs) */
  None, PrepareTarget, DiscardTarget, GrantTarget, BeginTransfer, RollBackSource, ReleaseSource, GrantSource,
  /* the source's ledger (Copy/CopyState.cs): Regranted is OwnedCopy that was not seen running yet */
  Owned, Outgoing, HandedOff, Resuming, Regranted, Closing, Ended, NoCopy,
  /* the target's ledger: NoCopy, Incoming, Closing, Granted (OwnedCopy), Crashed (EndedCopy) */
  Incoming, Granted, Crashed,
  /* the source's hypervisor: it resumes by itself from Active and Device, never from Postmigrate */
  Running, Active, Device, Postmigrate, FailedRunning, Dead,
  /* the target's hypervisor: Nothing, Waiting, Receiving, Loaded, Running */
  Nothing, Waiting, Receiving, Loaded
};

/* --- the coordinator: its journal, then what it only remembers ------------------------------------------------- */
mtype stage = Reservation;
mtype outcome = Open;
byte attempt = 1;         /* of the current migration; also its term: later migrations go on counting */
byte epoch = 1;
bool ownedByTarget;
bool coordinatorUp = 1;   /* volatile from here: */
byte seenS, seenT;
#ifdef PLANT_NO_RETRY
bool entered = 1;         /* the cell was just entered: its order was not sent yet */
#define due entered
#define isEntered entered = 1
#define isSent entered = 0
#else
#define due true
#define isEntered skip
#define isSent skip
#endif

/* --- the source: hypervisor, the agent's ledger, then what the agent only remembers ----------------------------- */
mtype vmS = Running;
mtype ledgerS = Owned;
byte epochS = 1;          /* under which it may run */
byte attemptS;            /* of the transfer that is out */
byte endedS;              /* the last attempt that ended here */
byte pausedFor;           /* the attempt that had paused it when it died, and its guest did not run since */
byte fenceEpochS = 1, fenceAttemptS;
bool agentSUp = 1;        /* volatile from here: */
bool toSend;              /* noted, but not begun yet */
bool pauseSeen;
bool brokenSeen;

/* --- the target ------------------------------------------------------------------------------------------------ */
mtype vmT = Nothing;
mtype ledgerT = NoCopy;
byte epochT;              /* of the reservation */
byte attemptT;            /* of the copy that is here */
byte closedT;             /* the attempt that is closed here for ever */
byte fenceEpochT, fenceAttemptT;
bool agentTUp = 1;        /* volatile from here: */
bool toStart;
bool loadSeen;

/* --- between them ---------------------------------------------------------------------------------------------- */
bool link;                /* the way of the bytes, both agents' relays included */
mtype lateKind = None; byte lateAttempt, lateEpoch;  /* an order that is late, and may come twice */
#ifdef LATE_REPORTS
byte lateViewS, lateViewT;                           /* a report that is on its way */
#define forgetLateS lateViewS = 0
#define forgetLateT lateViewT = 0
#else
#define forgetLateS skip
#define forgetLateT skip
#endif
byte faults;

/* The order or report that is being delivered; set and read in one step. */
hidden mtype kind; hidden byte by, under, view;

/* --- what is true, whatever anybody believes ------------------------------------------------------------------- */
bool fresh;               /* the target's copy is complete, and the source did not run since */
bool targetRan;
byte committed;           /* the attempt that the journal has committed */
bool vmDied;              /* a hypervisor was killed: the VM may be lost */

#define runsS (vmS == Running || vmS == Active || vmS == FailedRunning)
#define runsT (vmT == Running)
#define ownerDead ((ownedByTarget && vmT == Nothing) || (!ownedByTarget && vmS == Dead))
#define settled ((stage == Over && outcome != Open) || stage == OnHold)
#define oneOwner (stage == OnHold || (runsS && !runsT && outcome == RolledBack) \
                  || (runsT && !runsS && outcome == Completed) \
                  || (vmDied && ownerDead))

#ifdef PATIENT
#define freeFault false
#define mayFault (faults < FAULTS)
#define countFault faults++
#else
#define freeFault true
#define mayFault true
#define countFault skip
#endif

/* What must hold, by name, so that a counterexample says what it breaks. The numbers are those of
   Testing/Scenarios/WorldRules.cs. */
hidden byte neverTwoRun, neverBackInTime, grantAfterCommit, outcomeIsTrue, keptUntilTargetRuns, cellIsPossible,
  holdHasCause, goalIsNotReached;
#define must(rule, condition) rule = (condition); assert(rule)
#ifdef ONLY_TWO_RUN
#define holds(rule, condition) skip
#else
#define holds(rule, condition) must(rule, condition)
#endif

/* Whatever makes a copy run says so here. */
inline sourceRuns() {
  fresh = 0;
  must(neverTwoRun, !runsT);               /* 1 */
  holds(neverBackInTime, !targetRan)        /* 4 */
}
inline targetRuns() {
  vmT = Running;
  must(neverTwoRun, !runsS);
  holds(grantAfterCommit, committed == attemptT);   /* 3 */
  holds(neverBackInTime, fresh || targetRan);
  targetRan = 1
}

/* --- the source's half (Copy/SourceHalf.cs) -------------------------------------------------------------------- */
/* Copy/CopyState.cs: Fence.Judge */
#define staleS(a, e) ((e) < fenceEpochS || ((e) == fenceEpochS && (a) < fenceAttemptS))

inline raiseS(at, ep) {
  if
  :: ep > fenceEpochS || (ep == fenceEpochS && at > fenceAttemptS) -> fenceEpochS = ep; fenceAttemptS = at
  :: else
  fi
}

/* Copy/CopyEvents.cs: OutgoingEnded. */
inline endedAtSource(at) {
  raiseS(at, epochS); ledgerS = Owned; endedS = at; attemptS = 0; toSend = 0; pauseSeen = 0; brokenSeen = 0
}

inline deliverS() {
  if
  :: staleS(by, under) -> skip                                               /* refused by the fence (rule 8) */
  :: else ->
    if
    :: kind == BeginTransfer && ledgerS == Owned && vmS == Running && epochS == under && endedS != by ->
      raiseS(by, under); ledgerS = Outgoing; attemptS = by; toSend = 1; pauseSeen = 0; brokenSeen = 0
    :: kind == RollBackSource && ledgerS == Owned && endedS != by -> endedAtSource(by)
    :: kind == RollBackSource && ledgerS == HandedOff && attemptS == by -> raiseS(by, under); ledgerS = Resuming
    :: kind == RollBackSource && ledgerS == Outgoing && attemptS == by ->
      brokenSeen = 1; toSend = 0; link = 0                                /* cancel */
    :: kind == GrantSource && ledgerS == HandedOff && attemptS == by && epochS < under ->
      raiseS(by, under); ledgerS = Regranted; epochS = under; endedS = by
    :: kind == ReleaseSource && epochS < under && (ledgerS == HandedOff || ledgerS == Owned || ledgerS == Outgoing ||
                                            ledgerS == Resuming || ledgerS == Ended || ledgerS == Regranted) ->
      raiseS(by, under); ledgerS = Closing; link = 0
    :: else                                                             /* nothing to do; it answers by a report */
    fi
  fi
}

/* Copy/CopyViews.cs: SourceOf, for the attempt that the coordinator asks for. */
#define viewS ( \
  ledgerS == Owned     -> (endedS == attempt -> S_FAILED : S_READY) : ( \
  ledgerS == Regranted -> (endedS == attempt -> S_HANDEDOFF : S_READY) : ( \
  ledgerS == Outgoing  -> (attemptS != attempt -> S_READY : (pauseSeen -> S_PAUSED : S_SENDING)) : ( \
  ledgerS == HandedOff || ledgerS == Resuming -> (attemptS == attempt -> S_HANDEDOFF : S_READY) : ( \
  ledgerS == Ended     -> (pausedFor == attempt -> S_DEAD : S_DIEDRUNNING) : ( \
  ledgerS == Closing   -> S_DEAD : S_ABSENT))))))

/* --- the target's half (Copy/TargetHalf.cs) -------------------------------------------------------------------- */
#ifdef PLANT_EPOCH_NOT_CHECKED
#define staleT(a, e) false
#define isGrantFor(a, e) true
#else
#define staleT(a, e) ((e) < fenceEpochT || ((e) == fenceEpochT && (a) < fenceAttemptT))
#define isGrantFor(a, e) (attemptT == (a) && epochT < (e))
#endif

inline raiseT(at, ep) {
  if
  :: ep > fenceEpochT || (ep == fenceEpochT && at > fenceAttemptT) -> fenceEpochT = ep; fenceAttemptT = at
  :: else
  fi
}

/* TargetHalf.Close with the process still there. */
inline closeT() { raiseT(attemptT, epochT); ledgerT = Closing; toStart = 0; loadSeen = 0; link = 0 }

inline deliverT() {
  if
  :: staleT(by, under) -> skip
  :: else ->
    if
    :: kind == PrepareTarget && ledgerT == NoCopy && closedT != by ->
      raiseT(by, under); ledgerT = Incoming; attemptT = by; epochT = under; toStart = 1; loadSeen = 0
    :: kind == PrepareTarget && ledgerT == Incoming && attemptT != by -> closeT()
    :: kind == DiscardTarget && ledgerT == Incoming -> closeT()
    :: kind == DiscardTarget && ledgerT == NoCopy && closedT != by -> raiseT(by, under); closedT = by
#ifndef PLANT_CRASH_IS_NOT_CLOSED
    :: kind == DiscardTarget && ledgerT == Crashed ->
      raiseT(by, under); ledgerT = NoCopy; closedT = by; attemptT = 0
#endif
    :: kind == GrantTarget && ledgerT == Incoming && loadSeen && isGrantFor(by, under) ->
#ifdef PLANT_RUN_BEFORE_NOTE
      if
      :: vmT == Loaded -> targetRuns()     /* the note comes later, when the guest is seen running */
      :: else
      fi
#else
      raiseT(by, under); ledgerT = Granted; epochT = 0; loadSeen = 0
#endif
    :: else
    fi
  fi
}

/* Copy/CopyViews.cs: TargetOf; T_UNKNOWN while a closed copy's process is being ended: it says nothing then. */
#define viewT ( \
  ledgerT == NoCopy   -> (closedT == attempt -> T_GONE : T_ABSENT) : ( \
  attemptT != attempt -> T_ABSENT : ( \
  ledgerT == Closing  -> T_UNKNOWN : ( \
  ledgerT == Granted  -> (vmT == Running -> T_RUNNING : T_LOADED) : ( \
  ledgerT == Crashed  -> T_CRASHED : ( \
  loadSeen            -> T_LOADED : ( \
  vmT == Receiving || vmT == Loaded -> T_RECEIVING : ( \
  vmT == Waiting      -> T_PREPARED : T_ABSENT))))))))

/* --- the coordinator (Migration/MigrationMachine.cs, Migration/RecoveryTable.cs) ---------------------- */
inline enter(s) {
  stage = s; isEntered;
  if
  :: s == Over || s == OnHold -> seenS = S_UNKNOWN; seenT = T_UNKNOWN; forgetLateS; forgetLateT
  :: else
  fi
}

/* MigrationIntake.TakeReport: a lower view than was seen before is late; Gone ends any. */
inline takeS() {
  if
  :: view > seenS -> seenS = view; isEntered
  :: else
  fi
}
inline takeT() {
  if
  :: view > seenT || (view == T_GONE && seenT != T_GONE) -> seenT = view; isEntered
  :: else
  fi
}

/* AttemptStarted: what was seen is of the attempt before, and so are the reports that are late. */
inline startAttempt() {
  attempt++; seenS = S_UNKNOWN; seenT = T_UNKNOWN; forgetLateS; forgetLateT; enter(Reservation)
}

/* Committed and OwnershipMoved, in one transaction. */
inline commit() { epoch++; ownedByTarget = 1; committed = attempt; enter(Commitment) }

/* CommitReverted and OwnershipMoved. */
inline revert() { epoch++; ownedByTarget = 0; committed = 0; enter(Reversal) }

/* MigrationEnded: the outcome is published, so it must be true (rule 10). */
inline finish(o) {
  outcome = o;
  if
  :: o == Completed -> holds(outcomeIsTrue, targetRan); enter(ReleasingSource)
  :: o == RolledBack -> holds(outcomeIsTrue, runsS || vmS == Dead); enter(DiscardingTarget)
  :: o == Lost -> holds(outcomeIsTrue, vmS == Dead); enter(DiscardingTarget)
  fi
}

#define earlyStage (stage == Reservation || stage == PreCopy || stage == StopAndCopy)
#define sourceDied (seenS == S_DIEDRUNNING || seenS == S_DEAD)
#define targetMay (seenT == T_ABSENT || seenT == T_PREPARED || seenT == T_RECEIVING || seenT == T_LOADED)

#ifdef PLANT_COMMIT_IN_DEVICE
#define pausedForGood (seenS == S_HANDEDOFF || seenS == S_PAUSED)
#else
#define pausedForGood (seenS == S_HANDEDOFF)
#endif

/* The cells that say CMIT. */
#define commitCell ((stage == StopAndCopy && (pausedForGood || seenS == S_DEAD) && seenT == T_LOADED) \
                    || (stage == RollingBack && seenS == S_DEAD && seenT == T_LOADED))
/* ... and hold for DiedRunning with a complete target: which is newer is not known. */
#define doubtCell ((stage == PreCopy || stage == StopAndCopy || stage == RollingBack) \
                   && seenS == S_DIEDRUNNING && seenT == T_LOADED)

/* The cells that say BRKN. */
#define brokenCell ( \
  (stage == Reservation && (seenS == S_SENDING || seenS == S_PAUSED || seenS == S_HANDEDOFF || seenS == S_ABSENT \
                            || (seenT >= T_RECEIVING && seenT != T_GONE))) \
  || (stage == PreCopy && (seenS == S_ABSENT || seenT == T_RUNNING || seenT == T_CRASHED)) \
  || (stage == StopAndCopy && (seenS == S_READY || seenS == S_ABSENT || seenT == T_RUNNING || seenT == T_CRASHED)) \
  || (stage == RollingBack && (seenS == S_ABSENT || seenT == T_RUNNING || seenT == T_CRASHED)) \
  || (stage == Commitment && (seenS == S_READY || seenS == S_SENDING || seenS == S_PAUSED || seenS == S_FAILED \
                              || seenT == T_ABSENT || seenT == T_PREPARED || seenT == T_RECEIVING)) \
  || (stage == Activation && (seenS == S_READY || seenS == S_SENDING || seenS == S_PAUSED || seenS == S_FAILED \
                              || seenT == T_ABSENT || seenT == T_PREPARED || seenT == T_RECEIVING || seenT == T_GONE)) \
  || (stage == Reversal && (seenS == S_SENDING || seenS == S_PAUSED || seenS == S_ABSENT \
                            || seenT == T_PREPARED || seenT == T_RECEIVING || seenT == T_LOADED || seenT == T_RUNNING)))

/* Decides: what is journalled in the cell that was reached. */
active proctype Decide() {
end:
  do
  :: d_step { coordinatorUp && brokenCell -> enter(OnHold);
#ifndef PLANTED
      holds(cellIsPossible, false)
#endif
    }
  :: d_step { coordinatorUp && commitCell -> commit() }
  :: d_step { coordinatorUp && doubtCell -> holds(holdHasCause, vmDied); enter(OnHold) }

  /* the attempt fails: abnT, abnS, lost */
  :: d_step { coordinatorUp && earlyStage && !commitCell && !doubtCell && !brokenCell &&
      (seenT == T_GONE || seenS == S_FAILED || (stage != Reservation && seenT == T_ABSENT) ||
          (sourceDied && (seenT == T_ABSENT || seenT == T_GONE || stage == Reservation ||
                             (stage == PreCopy && seenT == T_PREPARED)))) -> enter(RollingBack) }
  /* ... or takes too long, or is cancelled: aska, swto, the deadline, the operator */
  :: d_step { coordinatorUp && earlyStage && !commitCell && !doubtCell && !brokenCell -> enter(RollingBack) }

  /* stor and copy; stop */
  :: d_step { coordinatorUp && stage == Reservation && seenS == S_READY && seenT == T_PREPARED -> enter(PreCopy) }
  :: d_step { coordinatorUp && stage == PreCopy && (seenS == S_PAUSED || seenS == S_HANDEDOFF ||
      (seenS == S_DEAD && seenT == T_LOADED)) && seenT != T_ABSENT && seenT != T_GONE && !brokenCell ->
      enter(StopAndCopy) }

  /* setl, setU: the next attempt, or the end */
  :: d_step { coordinatorUp && stage == RollingBack && seenS == S_FAILED && seenT == T_GONE && attempt < ATTEMPTS ->
      startAttempt() }
  :: d_step { coordinatorUp && stage == RollingBack && seenS == S_FAILED && (seenT == T_GONE || seenT == T_UNKNOWN) ->
      finish(RolledBack) }
  :: d_step { coordinatorUp && stage == RollingBack && sourceDied && (seenT == T_ABSENT || seenT == T_GONE) ->
      finish(Lost) }

  /* actv, cmpl */
  :: d_step { coordinatorUp && stage == Commitment && seenT == T_RUNNING && !brokenCell -> enter(Activation) }
  :: d_step { coordinatorUp && stage == Activation && seenT == T_RUNNING && !brokenCell -> finish(Completed) }
  /* rvrt: the target is closed for ever and so never ran */
  :: d_step { coordinatorUp && stage == Commitment && seenS == S_HANDEDOFF && seenT == T_GONE -> revert() }
#ifdef PLANT_LOST_REPLY_IS_FAILURE
  :: d_step { coordinatorUp && stage == Commitment && seenS == S_HANDEDOFF && seenT == T_UNKNOWN -> revert() }
#endif
  /* hold: it may have run */
  :: d_step { coordinatorUp && (stage == Commitment || stage == Activation) && seenS == S_HANDEDOFF &&
      seenT == T_CRASHED ->
      holds(holdHasCause, vmDied); enter(OnHold) }
  /* dead */
  :: d_step { coordinatorUp && (((stage == Commitment || stage == Activation) && (sourceDied || seenS == S_ABSENT) &&
      (seenT == T_GONE || seenT == T_CRASHED) && !brokenCell) || (stage == Reversal && sourceDied && !brokenCell)) ->
      finish(Lost) }
  /* done */
  :: d_step { coordinatorUp && stage == Reversal && (seenS == S_READY || seenS == S_FAILED) && !brokenCell ->
      finish(RolledBack) }

  /* tidy */
  :: d_step { coordinatorUp && stage == ReleasingSource && seenS == S_ABSENT -> enter(Over) }
  :: d_step { coordinatorUp && stage == DiscardingTarget && seenT == T_GONE -> enter(Over) }

  /* The operator migrates again, at once: VmUnlocked came with the outcome, the clean-up may be under way still. */
  :: d_step { coordinatorUp && (stage == DiscardingTarget || stage == Over) && outcome == RolledBack &&
      attempt < ATTEMPTS && runsS -> outcome = Open; startAttempt() }

  :: d_step { !coordinatorUp -> coordinatorUp = 1; seenS = S_UNKNOWN; seenT = T_UNKNOWN; isEntered }
  od
}

/* The order of a cell: to the target, or to the source. */
#define orderT ( \
  (stage == Reservation && seenS == S_READY && seenT == T_ABSENT) -> PrepareTarget : ( \
  (stage == Commitment && seenT == T_LOADED && !brokenCell) -> GrantTarget : ( \
  grantTooEarly -> GrantTarget : ( \
  (stage == RollingBack && targetMay && !brokenCell && !commitCell && !doubtCell \
    && (seenS == S_HANDEDOFF || seenS == S_FAILED || (sourceDied && (seenT == T_PREPARED || seenT == T_RECEIVING)))) \
      -> DiscardTarget : ( \
  (stage == DiscardingTarget && (targetMay || seenT == T_CRASHED)) -> DiscardTarget : None)))))

#define orderS ( \
  (stage == PreCopy && seenS == S_READY && seenT == T_PREPARED) -> BeginTransfer : ( \
  (stage == RollingBack && !brokenCell && (seenS == S_READY || seenS == S_SENDING || seenS == S_PAUSED \
    || (seenS == S_HANDEDOFF && (seenT == T_GONE || seenT == T_UNKNOWN)))) -> RollBackSource : ( \
  (stage == Reversal && seenS == S_HANDEDOFF && !brokenCell) -> GrantSource : ( \
  (stage == ReleasingSource && seenS != S_UNKNOWN && seenS != S_ABSENT) -> ReleaseSource : None))))

#ifdef PLANT_GRANT_BEFORE_COMMIT
#define grantTooEarly (stage == StopAndCopy && seenS == S_HANDEDOFF && seenT == T_LOADED)
#define grantEpoch (stage == StopAndCopy -> epoch + 1 : epoch)
#else
#define grantTooEarly false
#define grantEpoch epoch
#endif

/* Sends a cell's order, again and again: it arrives, comes late, or is lost. */
active proctype Send() {
end:
  do
  :: d_step { coordinatorUp && due && orderT != None && agentTUp ->
      kind = orderT; by = attempt; under = grantEpoch; deliverT(); isSent }
  :: d_step { coordinatorUp && due && orderS != None && agentSUp ->
      kind = orderS; by = attempt; under = epoch; deliverS(); isSent }
  :: d_step { coordinatorUp && due && mayFault && orderT != None && (freeFault || lateKind == None) ->
      lateKind = orderT; lateAttempt = attempt; lateEpoch = grantEpoch; isSent; countFault }
  :: d_step { coordinatorUp && due && mayFault && orderS != None && (freeFault || lateKind == None) ->
      lateKind = orderS; lateAttempt = attempt; lateEpoch = epoch; isSent; countFault }
#ifdef PATIENT
  :: d_step { coordinatorUp && due && mayFault && (orderT != None || orderS != None) -> isSent; countFault }
#endif
  od
}

/* A late order; without PATIENT it stays, to come again. */
#define isForT (lateKind == PrepareTarget || lateKind == DiscardTarget || lateKind == GrantTarget)

active proctype Late() {
end:
  do
  :: d_step { lateKind != None && (isForT -> agentTUp : agentSUp) ->
      kind = lateKind; by = lateAttempt; under = lateEpoch;
#ifdef PATIENT
      lateKind = None; lateAttempt = 0; lateEpoch = 0;
#endif
      if
      :: kind == PrepareTarget || kind == DiscardTarget || kind == GrantTarget -> deliverT()
      :: else -> deliverS()
      fi }
  od
}

/* Reports, asked for or not. With LATE_REPORTS each is on its way for a while, and a newer one takes its place. A lost
   one is one that does not come. None outlives its connection. What is over is not looked at. */
#define looks (coordinatorUp && stage != Over && stage != OnHold)
#define newsS (viewS > seenS)
#define newsT (viewT > seenT || (viewT == T_GONE && seenT != T_GONE))

active proctype ReportS() {
end:
  do
#ifdef LATE_REPORTS
  :: d_step { looks && agentSUp && newsS && viewS != lateViewS -> lateViewS = viewS }
  :: d_step { looks && lateViewS > seenS -> view = lateViewS; lateViewS = 0; takeS() }
#else
  :: d_step { looks && agentSUp && newsS -> view = viewS; takeS() }
#endif
  /* HostLost: the agent is down, or the node link was cut */
  :: d_step { looks && (!agentSUp || freeFault) && seenS != S_UNKNOWN -> seenS = S_UNKNOWN; forgetLateS; isEntered }
  od
}

active proctype ReportT() {
end:
  do
#ifdef LATE_REPORTS
  :: d_step { looks && agentTUp && newsT && viewT != lateViewT -> lateViewT = viewT }
  :: d_step { looks && (lateViewT > seenT || (lateViewT == T_GONE && seenT != T_GONE)) ->
      view = lateViewT; lateViewT = 0; takeT() }
#else
  :: d_step { looks && agentTUp && newsT -> view = viewT; takeT() }
#endif
  :: d_step { looks && (!agentTUp || freeFault) && seenT != T_UNKNOWN -> seenT = T_UNKNOWN; forgetLateT; isEntered }
  od
}

/* CopyEnded: what died after it had been paused did not run since (SourceHalf.DiedPaused). */
#define heldS (ledgerS == Owned || ledgerS == Outgoing || ledgerS == HandedOff || ledgerS == Resuming \
               || ledgerS == Regranted)
inline vanishedS() {
  pausedFor = ((ledgerS == HandedOff || (ledgerS == Outgoing && pauseSeen && !brokenSeen)) -> attemptS : 0);
  ledgerS = Ended; attemptS = 0; toSend = 0; pauseSeen = 0; brokenSeen = 0
}

/* --- the source's agent: what it does and sees (SourceHalf.Follow, Recovered, Vanished) -------------------------- */
active proctype AgentS() {
end:
  do
  /* StartSending */
  :: d_step { agentSUp && ledgerS == Outgoing && toSend && vmS == Running -> toSend = 0;
      if
      :: vmT == Waiting && ledgerT == Incoming && attemptT == attemptS && agentTUp ->
        vmS = Active; vmT = Receiving; link = 1
      :: else -> vmS = FailedRunning
      fi }
  :: d_step { agentSUp && ledgerS == Outgoing && vmS == Device && !pauseSeen -> pauseSeen = 1 }
  /* HandOffNoted: paused for good */
  :: d_step { agentSUp && ledgerS == Outgoing && vmS == Postmigrate -> ledgerS = HandedOff }
  /* OutgoingEnded: the hypervisor resumed by itself, or never began */
  :: d_step { agentSUp && ledgerS == Outgoing && (vmS == FailedRunning || (vmS == Running && !toSend)) ->
      vmS = Running; endedAtSource(attemptS) }
  /* RunMachine: rolled back, or granted again */
  :: d_step { agentSUp && ledgerS == Resuming && vmS == Postmigrate -> vmS = Running; sourceRuns() }
  :: d_step { agentSUp && ledgerS == Resuming && vmS == Running -> endedAtSource(attemptS) }
  :: d_step { agentSUp && ledgerS == Regranted && vmS == Postmigrate -> vmS = Running; sourceRuns() }
  :: d_step { agentSUp && ledgerS == Regranted && vmS == Running -> ledgerS = Owned }
#ifdef PLANT_SOURCE_RESUMES
  :: d_step { agentSUp && ledgerS == HandedOff && vmS == Postmigrate -> vmS = Running; sourceRuns() }
#endif
  :: d_step { agentSUp && vmS == Dead && heldS -> vanishedS() }
  /* KillMachine, CopyCleared; rule 11: not before the target is known to run */
  :: d_step { agentSUp && ledgerS == Closing -> holds(keptUntilTargetRuns, targetRan); vmS = Dead; ledgerS = NoCopy }
  /* restarted: its relay is gone, and so is what was under way */
  :: d_step { !agentSUp -> agentSUp = 1; brokenSeen = (ledgerS == Outgoing);
      if
      :: vmS == Dead && heldS -> vanishedS()
      :: else
      fi }
  od
}

/* IncomingClosed: it is gone, and this is the proof that it never ran. CopyEnded: it may have run. */
#define heldT ((ledgerT == Incoming && !toStart) || ledgerT == Granted)
inline vanishedT() {
  if
  :: ledgerT == Incoming -> closeT(); ledgerT = NoCopy; closedT = attemptT; attemptT = 0; epochT = 0
  :: else -> ledgerT = Crashed
  fi
}

/* --- the target's agent (TargetHalf.Seen, Recovered, Vanished; LifeHalf.Seen) ------------------------------------ */
active proctype AgentT() {
end:
  do
  :: d_step { agentTUp && ledgerT == Incoming && toStart -> toStart = 0; vmT = Waiting }
  :: d_step { agentTUp && ledgerT == Incoming && vmT == Loaded && !loadSeen -> loadSeen = 1 }
  :: d_step { agentTUp && vmT == Nothing && heldT -> vanishedT() }
  :: d_step { agentTUp && ledgerT == Closing ->
      vmT = Nothing; ledgerT = NoCopy; closedT = attemptT; attemptT = 0; epochT = 0 }
  /* RunMachine after GrantNoted */
  :: d_step { agentTUp && ledgerT == Granted && vmT == Loaded -> targetRuns() }
#ifdef PLANT_RUN_BEFORE_NOTE
  :: d_step { agentTUp && ledgerT == Incoming && vmT == Running -> ledgerT = Granted; epochT = epoch }
#endif
  /* restarted: what is complete is complete, anything else lost its relay */
  :: d_step { !agentTUp -> agentTUp = 1;
      if
      :: vmT == Nothing && heldT -> vanishedT()
      :: ledgerT == Incoming && vmT == Loaded -> loadSeen = 1
      :: ledgerT == Incoming && (vmT == Waiting || vmT == Receiving) -> closeT()
      :: else
      fi }
  od
}

/* The driver tells what the hypervisor said before it tells its death (Agent/MachineKeeper.cs: HearAsync), so an agent
   does not take a copy that ran on for one that died paused. */
#ifdef PLANT_DEATH_OVERTAKES_RESUME
#define resumeTold skip
#else
#define resumeTold brokenSeen = 1
#endif

/* --- the hypervisors ------------------------------------------------------------------------------------------- */
active proctype HypervisorS() {
end:
  do
  :: d_step { vmS == Active && link -> vmS = Device }
  /* failed or cancelled: it resumes by itself, in the device phase too */
  :: d_step { (vmS == Active || vmS == Device) && !link -> vmS = FailedRunning; resumeTold; sourceRuns() }
  :: d_step { vmS == Device && link && vmT == Loaded -> vmS = Postmigrate; link = 0 }
  od
}

active proctype HypervisorT() {
end:
  do
  :: d_step { vmT == Receiving && link && vmS == Device -> vmT = Loaded; fresh = 1 }
  :: d_step { vmT == Receiving && !link -> vmT = Nothing }
  od
}

/* --- what goes wrong ------------------------------------------------------------------------------------------- */
active proctype Faults() {
end:
  do
  :: d_step { faults < FAULTS && coordinatorUp ->
      faults++; coordinatorUp = 0; seenS = 0; seenT = 0; forgetLateS; forgetLateT; isSent }
  :: d_step { faults < FAULTS && agentSUp ->
      faults++; agentSUp = 0; toSend = 0; pauseSeen = 0; brokenSeen = 0; link = 0 }
  :: d_step { faults < FAULTS && agentTUp ->
      faults++; agentTUp = 0; toStart = 0; loadSeen = 0; link = 0 }
  :: d_step { faults < FAULTS && vmS != Dead -> faults++; vmDied = 1; vmS = Dead; link = 0 }
  :: d_step { faults < FAULTS && vmT != Nothing -> faults++; vmDied = 1; vmT = Nothing; link = 0 }
  :: d_step { link && mayFault -> link = 0; countFault }
  :: break                                        /* no more faults, from any moment on */
  od
}

/* --- what must be possible ---------------------------------------------------------------------------------------- */
#ifdef GOAL_RETRIED
#define GOAL (stage == Over && outcome == Completed && attempt == 2 && epoch == 2)
#endif
#ifdef GOAL_MIGRATED_AGAIN_AFTER_A_REVERSAL
#define GOAL (stage == Over && outcome == Completed && epoch == 4)
#endif
#ifdef GOAL_COMMITTED_WITH_A_DEAD_SOURCE
#define GOAL (stage == Over && outcome == Completed && ledgerS == NoCopy && pausedFor == attempt)
#endif
#ifdef GOAL_HELD_AFTER_THE_GRANT
#define GOAL (stage == OnHold && targetRan)
#endif
#ifdef GOAL_HELD_IN_DOUBT
#define GOAL (stage == OnHold && !ownedByTarget)
#endif
#ifdef GOAL_LOST
#define GOAL (stage == Over && outcome == Lost)
#endif

#ifdef GOAL
active proctype Goal() {
end:
  do
  :: d_step { GOAL -> holds(goalIsNotReached, false) }
  od
}
#endif

#ifdef PATIENT
/* Time goes on where nothing else can: a hand-over that is stuck is one that never ends. */
hidden byte clock;
active proctype Time() {
  do
  :: clock = 1
  od
}

ltl never_none_for_ever { <>[](settled && oneOwner) }
#endif
