namespace Fabric.Protocol;

/// <summary>
/// Rule 6: durable stage x observed source x observed target, every cell written out, no default. The happy path is
/// read off the same table as the recovery from every crash, so both are the same code.
/// </summary>
/// <remarks>
/// Why some cells are what they are:
/// <list type="bullet">
/// <item>A commit needs the target Loaded and the source HandedOff or Dead; nowhere else is <c>CMIT</c> written but in
/// RollingBack with a dead source, where the target's copy is the only one left.</item>
/// <item>A source that died running may have gone on after the target was complete: committing would take the guest
/// back in time, discarding might lose it. An operator decides.</item>
/// <item>A rollback closes the attempt at both hosts, begun or not, so that late orders find it closed.</item>
/// <item>With the source Unknown a rollback discards nothing: the target's copy may be the only one.</item>
/// <item>A source without local disks goes from Ready to pre-copy; the others are Synced first.</item>
/// <item>A source that is Ready, Syncing or Synced in stop-and-copy said so before it was paused, and was heard after a restart: the next
/// look overtakes it; if none does, the switchover's time-out rolls back.</item>
/// <item>A source that handed off resumes after the target's copy is gone, or after the fence wait: without a grant,
/// which only a commit gives, the target's copy cannot run (rule 3).</item>
/// <item>A target that is Gone after the commit never ran (its ledger says so): ownership goes back. One that Crashed
/// may have run: an operator decides.</item>
/// <item>A source seen running after the commit breaks rule 4: nothing is granted, nothing is killed.</item>
/// </list>
/// </remarks>
public static class RecoveryTable
{
    private const string Text = """
        PreMigration      Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         pre      pre      pre      pre       pre      pre      pre      pre
          Ready           pre      pre      pre      pre       pre      pre      pre      pre
          Syncing         pre      pre      pre      pre       pre      pre      pre      pre
          Synced          pre      pre      pre      pre       pre      pre      pre      pre
          Sending         pre      pre      pre      pre       pre      pre      pre      pre
          Paused          pre      pre      pre      pre       pre      pre      pre      pre
          HandedOff       pre      pre      pre      pre       pre      pre      pre      pre
          Failed          pre      pre      pre      pre       pre      pre      pre      pre
          DiedRunning     pre      pre      pre      pre       pre      pre      pre      pre
          Dead            pre      pre      pre      pre       pre      pre      pre      pre
          Absent          pre      pre      pre      pre       pre      pre      pre      pre
        Reservation       Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      ask      ask      BRKN      BRKN     BRKN     abnT     BRKN
          Ready           aska     prep     stor     BRKN      BRKN     BRKN     abnT     BRKN
          Syncing         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Synced          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Sending         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Paused          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          HandedOff       BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Failed          abnS     abnS     abnS     BRKN      BRKN     BRKN     abnS     BRKN
          DiedRunning     lost     lost     lost     BRKN      BRKN     BRKN     lost     BRKN
          Dead            lost     lost     lost     BRKN      BRKN     BRKN     lost     BRKN
          Absent          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
        StorageSync       Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      abnT     ask      BRKN      BRKN     BRKN     abnT     BRKN
          Ready           aska     abnT     sync     BRKN      BRKN     BRKN     abnT     BRKN
          Syncing         ask      abnT     wait     BRKN      BRKN     BRKN     abnT     BRKN
          Synced          ask      abnT     copy     BRKN      BRKN     BRKN     abnT     BRKN
          Sending         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Paused          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          HandedOff       BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Failed          abnS     abnS     abnS     BRKN      BRKN     BRKN     abnS     BRKN
          DiedRunning     lost     lost     lost     BRKN      BRKN     BRKN     lost     BRKN
          Dead            lost     lost     lost     BRKN      BRKN     BRKN     lost     BRKN
          Absent          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
        PreCopy           Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      abnT     ask      ask       ask      BRKN     abnT     BRKN
          Ready           aska     abnT     begn     wait      wait     BRKN     abnT     BRKN
          Syncing         ask      abnT     wait     wait      wait     BRKN     abnT     BRKN
          Synced          ask      abnT     begn     wait      wait     BRKN     abnT     BRKN
          Sending         ask      abnT     wait     wait      wait     BRKN     abnT     BRKN
          Paused          stop     abnT     stop     stop      stop     BRKN     abnT     BRKN
          HandedOff       stop     abnT     stop     stop      stop     BRKN     abnT     BRKN
          Failed          abnS     abnS     abnS     abnS      abnS     BRKN     abnS     BRKN
          DiedRunning     ask      lost     lost     ask       hold     BRKN     lost     BRKN
          Dead            ask      lost     lost     ask       stop     BRKN     lost     BRKN
          Absent          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
        StopAndCopy       Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      abnT     ask      ask       ask      BRKN     abnT     BRKN
          Ready           swto     abnT     swto     swto      swto     BRKN     abnT     BRKN
          Syncing         swto     abnT     swto     swto      swto     BRKN     abnT     BRKN
          Synced          swto     abnT     swto     swto      swto     BRKN     abnT     BRKN
          Sending         swto     abnT     swto     swto      swto     BRKN     abnT     BRKN
          Paused          aska     abnT     swto     swto      swto     BRKN     abnT     BRKN
          HandedOff       aska     abnT     swto     swto      CMIT     BRKN     abnT     BRKN
          Failed          abnS     abnS     abnS     abnS      abnS     BRKN     abnS     BRKN
          DiedRunning     ask      lost     swto     swto      hold     BRKN     lost     BRKN
          Dead            ask      lost     swto     swto      CMIT     BRKN     lost     BRKN
          Absent          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
        RollingBack       Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      ask      ask      ask       ask      BRKN     ask      BRKN
          Ready           rbk      rbk      rbk      rbk       rbk      BRKN     rbk      BRKN
          Syncing         rbk      rbk      rbk      rbk       rbk      BRKN     rbk      BRKN
          Synced          rbk      rbk      rbk      rbk       rbk      BRKN     rbk      BRKN
          Sending         rbk      rbk      rbk      rbk       rbk      BRKN     rbk      BRKN
          Paused          rbk      rbk      rbk      rbk       rbk      BRKN     rbk      BRKN
          HandedOff       fenc     disc     disc     disc      disc     BRKN     rbk      BRKN
          Failed          setU     disc     disc     disc      disc     BRKN     setl     BRKN
          DiedRunning     ask      setl     wdsc     wdsc      hold     BRKN     setl     BRKN
          Dead            ask      setl     wdsc     wdsc      CMIT     BRKN     setl     BRKN
          Absent          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
        Commitment        Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      BRKN     BRKN     BRKN      grnt     actv     ask      ask
          Ready           BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Syncing         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Synced          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Sending         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Paused          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          HandedOff       ask      BRKN     BRKN     BRKN      grnt     actv     rvrt     hold
          Failed          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          DiedRunning     ask      BRKN     BRKN     BRKN      grnt     actv     dead     dead
          Dead            ask      BRKN     BRKN     BRKN      grnt     actv     dead     dead
          Absent          ask      BRKN     BRKN     BRKN      grnt     actv     dead     dead
        Activation        Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      BRKN     BRKN     BRKN      ask      cmpl     BRKN     ask
          Ready           BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Syncing         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Synced          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Sending         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Paused          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          HandedOff       ask      BRKN     BRKN     BRKN      ask      cmpl     BRKN     hold
          Failed          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          DiedRunning     ask      BRKN     BRKN     BRKN      ask      cmpl     BRKN     dead
          Dead            ask      BRKN     BRKN     BRKN      ask      cmpl     BRKN     dead
          Absent          ask      BRKN     BRKN     BRKN      ask      cmpl     BRKN     dead
        Reversal          Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      ask      BRKN     BRKN      BRKN     BRKN     ask      ask
          Ready           done     done     BRKN     BRKN      BRKN     BRKN     done     done
          Syncing         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Synced          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Sending         BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          Paused          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
          HandedOff       grtS     grtS     BRKN     BRKN      BRKN     BRKN     grtS     grtS
          Failed          done     done     BRKN     BRKN      BRKN     BRKN     done     done
          DiedRunning     dead     dead     BRKN     BRKN      BRKN     BRKN     dead     dead
          Dead            dead     dead     BRKN     BRKN      BRKN     BRKN     dead     dead
          Absent          BRKN     BRKN     BRKN     BRKN      BRKN     BRKN     BRKN     BRKN
        OnHold            Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      ask      ask      ask       ask      ask      ask      ask
          Ready           ask      wait     wait     wait      wait     wait     wait     wait
          Syncing         ask      wait     wait     wait      wait     wait     wait     wait
          Synced          ask      wait     wait     wait      wait     wait     wait     wait
          Sending         ask      wait     wait     wait      wait     wait     wait     wait
          Paused          ask      wait     wait     wait      wait     wait     wait     wait
          HandedOff       ask      wait     wait     wait      wait     wait     wait     wait
          Failed          ask      wait     wait     wait      wait     wait     wait     wait
          DiedRunning     ask      wait     wait     wait      wait     wait     wait     wait
          Dead            ask      wait     wait     wait      wait     wait     wait     wait
          Absent          ask      wait     wait     wait      wait     wait     wait     wait
        ReleasingSource   Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      ask      ask      ask       ask      ask      ask      ask
          Ready           rels     rels     rels     rels      rels     rels     rels     rels
          Syncing         rels     rels     rels     rels      rels     rels     rels     rels
          Synced          rels     rels     rels     rels      rels     rels     rels     rels
          Sending         rels     rels     rels     rels      rels     rels     rels     rels
          Paused          rels     rels     rels     rels      rels     rels     rels     rels
          HandedOff       rels     rels     rels     rels      rels     rels     rels     rels
          Failed          rels     rels     rels     rels      rels     rels     rels     rels
          DiedRunning     rels     rels     rels     rels      rels     rels     rels     rels
          Dead            rels     rels     rels     rels      rels     rels     rels     rels
          Absent          tidy     tidy     tidy     tidy      tidy     tidy     tidy     tidy
        DiscardingTarget  Unknown  Absent   Prepared Receiving Loaded   Running  Gone     Crashed
          Unknown         ask      disc     disc     disc      disc     wait     tidy     disc
          Ready           ask      disc     disc     disc      disc     wait     tidy     disc
          Syncing         ask      disc     disc     disc      disc     wait     tidy     disc
          Synced          ask      disc     disc     disc      disc     wait     tidy     disc
          Sending         ask      disc     disc     disc      disc     wait     tidy     disc
          Paused          ask      disc     disc     disc      disc     wait     tidy     disc
          HandedOff       ask      disc     disc     disc      disc     wait     tidy     disc
          Failed          ask      disc     disc     disc      disc     wait     tidy     disc
          DiedRunning     ask      disc     disc     disc      disc     wait     tidy     disc
          Dead            ask      disc     disc     disc      disc     wait     tidy     disc
          Absent          ask      disc     disc     disc      disc     wait     tidy     disc
        """;

    private static readonly RecoveryAction[,,] Cells = Read(Text);

    /// <summary>The stages that have rows.</summary>
    public static IReadOnlyList<StageKind> Stages { get; } =
        [.. Enum.GetValues<StageKind>().Where(s => s is not (StageKind.Unstarted or StageKind.Over))];

    /// <summary>What to do in a stage with these views of the two hosts.</summary>
    public static RecoveryAction Lookup(StageKind stage, SourceView source, TargetView target) =>
        Cells[(int)stage, (int)source, (int)target] is var action and not default(RecoveryAction)
            ? action
            : throw new ArgumentOutOfRangeException(nameof(stage), stage, "this stage has no row");

    private static RecoveryAction ActionOf(string code) => code switch
    {
        "wait" => RecoveryAction.Wait,
        "ask" => RecoveryAction.Ask,
        "aska" => RecoveryAction.AskThenAbandon,
        "swto" => RecoveryAction.WaitForSwitchover,
        "pre" => RecoveryAction.Precheck,
        "prep" => RecoveryAction.PrepareTarget,
        "stor" => RecoveryAction.EnterStorageSync,
        "sync" => RecoveryAction.SyncDisks,
        "copy" => RecoveryAction.EnterPreCopy,
        "begn" => RecoveryAction.BeginTransfer,
        "stop" => RecoveryAction.EnterStopAndCopy,
        "CMIT" => RecoveryAction.Commit,
        "abnT" => RecoveryAction.AbandonForTarget,
        "abnS" => RecoveryAction.AbandonForSource,
        "lost" => RecoveryAction.AbandonDeadSource,
        "rbk" => RecoveryAction.RollBackSource,
        "disc" => RecoveryAction.DiscardTarget,
        "wdsc" => RecoveryAction.WaitThenDiscard,
        "fenc" => RecoveryAction.FenceThenRollBack,
        "setl" => RecoveryAction.Settle,
        "setU" => RecoveryAction.SettleWithoutTarget,
        "grnt" => RecoveryAction.GrantTarget,
        "actv" => RecoveryAction.EnterActivation,
        "rvrt" => RecoveryAction.RevertCommit,
        "hold" => RecoveryAction.HoldForOperator,
        "cmpl" => RecoveryAction.Complete,
        "grtS" => RecoveryAction.GrantSource,
        "done" => RecoveryAction.SettleReversal,
        "dead" => RecoveryAction.EndLost,
        "rels" => RecoveryAction.ReleaseSource,
        "tidy" => RecoveryAction.FinishCleanUp,
        "BRKN" => RecoveryAction.Broken,
        _ => throw new FormatException($"'{code}' is not an action of the recovery table"),
    };

    /// <summary>Reads the text above; a missing row, column or word fails the first use of the type.</summary>
    private static RecoveryAction[,,] Read(string text)
    {
        var sources = Enum.GetValues<SourceView>();
        var targets = Enum.GetValues<TargetView>();
        var cells = new RecoveryAction[Enum.GetValues<StageKind>().Length, sources.Length, targets.Length];
        var stage = StageKind.Unstarted;
        var row = sources.Length;
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != targets.Length + 1)
                throw new FormatException($"the recovery table's line '{line}' does not have {targets.Length} cells");
            if (line[0] != ' ')
            {
                if (row != sources.Length
                    || !words.Skip(1).SequenceEqual(targets.Select(t => t.ToString()), StringComparer.Ordinal))
                    throw new FormatException($"the recovery table is not whole before '{line}'");
                stage = Enum.Parse<StageKind>(words[0]);
                row = 0;
                continue;
            }

            if (!string.Equals(words[0], sources[row].ToString(), StringComparison.Ordinal))
                throw new FormatException(
                    $"the recovery table has '{words[0]}' where {sources[row]} belongs, in {stage}");
            for (var column = 0; column < targets.Length; column++)
                cells[(int)stage, row, column] = ActionOf(words[column + 1]);
            row++;
        }

        return cells;
    }
}
