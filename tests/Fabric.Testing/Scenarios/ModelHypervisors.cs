using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>What the modelled processes tell whoever manages them.</summary>
public interface IModelListener
{
    void Looked(ModelMachine machine, MachineLook look);

    void Vanished(ModelMachine machine, string detail);

    void BytesArrived(ModelMachine machine);

    void DisksSynced(ModelMachine machine);

    void RoundEnded(ModelMachine machine, Round round);

    void TransferBroke(ModelMachine machine, FailureReason reason, string detail);
}

/// <summary>
/// All hypervisor processes of a scenario. Faithful in what matters to the hand-over: a source whose migration fails or
/// is cancelled before <c>completed</c> resumes its guest by itself; in pre-switchover it notices nothing; a target
/// that loses its source before it has everything exits; a cancel after <c>completed</c> has no effect.
/// </summary>
public sealed class ModelHypervisors(IModelListener listener, WorldRules rules)
{
    private readonly List<ModelMachine> _machines = [];

    public IReadOnlyList<ModelMachine> Machines => _machines;

    /// <summary>The data network is cut: bytes stall, nobody is told.</summary>
    public bool DataCut { get; private set; }

    /// <summary>A target's relay waits for another process when its own died.</summary>
    public bool Refills { get; set; }

    /// <summary>Whether the way between two processes is cut for another reason.</summary>
    public Func<ModelTransfer, bool>? CutBetween { get; init; }

    public ModelMachine? Find(HostId host, string directory) =>
        _machines.Find(
            m => m.Alive && m.Host == host && string.Equals(m.Directory, directory, StringComparison.Ordinal));

    /// <summary>The process that a word in a transcript means: the newest living one of this VM here.</summary>
    public ModelMachine? At(HostId host, VmId vm) => _machines.FindLast(m => m.Alive && m.Host == host && m.Vm == vm);

    public void Start(HostId host, VmId vm, string directory, bool incoming)
    {
        var machine = new ModelMachine(host, vm, directory, incoming);
        if (!incoming)
            rules.Booted(machine);
        _machines.Add(machine);
        if (!incoming)
            Look(machine);
    }

    /// <summary>
    /// Every guest that runs does a step of work, so that a copy of earlier memory can be told from the latest.
    /// </summary>
    public void GuestsWork()
    {
        foreach (var machine in _machines.Where(m => m is { Alive: true, Run: RunState.Running }))
            rules.Worked(machine);
    }

    public void Run(ModelMachine machine, bool granted)
    {
        if (machine.Run is RunState.Running or RunState.Shutdown or RunState.Broken)
        {
            // A guest that ended is not continued: the hypervisor wants it reset first.
            Look(machine);
            return;
        }

        var first = !machine.Ran && machine.Incoming;
        Resume(machine, byItself: !granted);
        Look(machine, first ? new ActivationTimes(1, 1) : null);
    }

    public void BeginSending(ModelMachine source, ModelMachine target)
    {
        var transfer = new ModelTransfer(source, target);
        source.Transfer = transfer;
        target.Transfer = transfer;
        source.Phase = MigrationPhase.Active;
        Look(source);
        Flow(transfer);
    }

    /// <summary>The first bytes reach the target once the way is open.</summary>
    private void Flow(ModelTransfer transfer)
    {
        if (Stalled(transfer) || transfer.Target.Phase != MigrationPhase.None || !IsSending(transfer.Source))
            return;
        transfer.Target.Phase = MigrationPhase.Active;
        listener.BytesArrived(transfer.Target);
    }

    public bool Round(ModelMachine source)
    {
        if (source is not { Run: RunState.Running, Phase: MigrationPhase.Active, Transfer: { } transfer }
            || Stalled(transfer))
            return false;
        transfer.Rounds++;
        listener.RoundEnded(source, new Round(transfer.Rounds, 1000, 4_096_000, 100, 100, 4_096_000, 1000));
        return true;
    }

    /// <summary>The last copy begins: the hypervisor pauses the guest and waits to be told to go on.</summary>
    public bool Pause(ModelMachine source)
    {
        if (source is not { Run: RunState.Running, Phase: MigrationPhase.Active })
            return false;
        source.Run = RunState.FinishMigrate;
        source.Phase = MigrationPhase.PreSwitchover;
        Look(source);
        return true;
    }

    public void Continue(ModelMachine source)
    {
        if (source.Phase != MigrationPhase.PreSwitchover)
            return;
        source.Phase = MigrationPhase.Device;
        source.HoldsDisks = false;
        Look(source);
        if (source.Transfer is { } transfer && !IsCut(transfer) && !transfer.IsWhole && !transfer.Vacant)
            Fail(source);
    }

    /// <summary>
    /// A process that waits for bytes gets all that a dead one was given, and the transfer goes on to it; false when
    /// the relay did not wait for one.
    /// </summary>
    public bool Refill(HostId host, string dead, string fresh)
    {
        if (Find(host, fresh) is not { Transfer: null } machine)
            return false;
        var old = _machines.FindLast(
            m => m.Host == host && string.Equals(m.Directory, dead, StringComparison.Ordinal));
        if (old?.Transfer is not { Vacant: true } transfer || transfer.Target != old)
            return old is { Transfer: null };
        (transfer.Target, transfer.Vacant) = (machine, false);
        (machine.Transfer, machine.Phase) = (transfer, old.Phase);
        if (!IsCut(transfer) && (!transfer.Source.Alive || !IsSending(transfer.Source)))
            SourceWentAway(transfer);
        else
            Flow(transfer);
        return true;
    }

    /// <summary>Everything arrived: the target completes, stopped. Its acknowledgement is still on the way.</summary>
    public bool Load(ModelMachine target)
    {
        if (!CanLoad(target))
            return false;
        target.Phase = MigrationPhase.Completed;
        target.Run = RunState.Paused;
        target.Memory = target.Transfer!.Source.Memory - (target.Transfer.Lacks ? 1 : 0);
        Look(target);
        return true;
    }

    /// <summary>The last pages can arrive.</summary>
    public bool CanLoad(ModelMachine target) =>
        target is { Phase: MigrationPhase.Active, Transfer: { } transfer }
        && !Stalled(transfer) && transfer.Source.Phase == MigrationPhase.Device;

    /// <summary>The acknowledgement arrives: the source is done and never runs by itself again.</summary>
    public bool Acknowledge(ModelMachine source)
    {
        if (source is not { Phase: MigrationPhase.Device, Transfer: { Target.Phase: MigrationPhase.Completed } transfer }
            || IsCut(transfer) || !transfer.SourceRelay)
            return false;
        source.Phase = MigrationPhase.Completed;
        source.Run = RunState.Postmigrate;
        Look(source);
        return true;
    }

    public void Cancel(ModelMachine source)
    {
        if (source.Phase != MigrationPhase.Setup && !IsSending(source))
        {
            Look(source);
            return;
        }

        source.Phase = source.CancelFails ? MigrationPhase.Failed : MigrationPhase.Cancelled;
        ResumeAndLook(source);
        if (source.Transfer is { } transfer)
            SourceWentAway(transfer);
    }

    /// <summary>The migration fails at the source, whose guest resumes by itself.</summary>
    public bool Fail(ModelMachine source)
    {
        if (source.Phase is not (MigrationPhase.Active or MigrationPhase.PreSwitchover or MigrationPhase.Device))
            return false;
        source.Phase = MigrationPhase.Failed;
        ResumeAndLook(source);
        if (source.Transfer is { } transfer)
            SourceWentAway(transfer);
        return true;
    }

    /// <summary>The guest turns itself off, or crashes.</summary>
    public bool EndGuest(ModelMachine machine, RunState how)
    {
        if (machine.Run != RunState.Running)
            return false;
        machine.Run = how;
        rules.LatestLost(machine);
        Look(machine);
        return true;
    }

    /// <summary>The process ends, whoever wanted it.</summary>
    public void End(ModelMachine machine, string detail)
    {
        if (!machine.Alive)
            return;
        machine.Alive = machine.HoldsDisks = false;
        // Until the last copy is under way, what it was given is held and can be given again.
        var waits = false;
        if (machine.Transfer is { } to && to.Target == machine)
        {
            to.Vacant = waits = Refills && to.TargetRelay && machine.Phase is MigrationPhase.None or MigrationPhase.Active
                && to.Source.Alive && to.Source.Phase is MigrationPhase.Active or MigrationPhase.PreSwitchover;
        }

        listener.Vanished(machine, detail);
        if (machine.Transfer is not { } transfer)
            return;
        if (transfer.Source == machine)
            SourceWentAway(transfer);
        else if (!waits && transfer.Target == machine)
            TargetWentAway(transfer);
    }

    /// <summary>An agent's relay is gone, with its agent or because it was told to close.</summary>
    public void CloseRelays(HostId host, VmId? vm = null)
    {
        foreach (var transfer in Transfers().Where(
            t => t.Vacant && t.Target.Host == host && (vm is null || t.Target.Vm == vm)))
            Leave(transfer);
        foreach (var machine in _machines.Where(m => m.Alive && m.Host == host && (vm is null || m.Vm == vm)).ToList())
        {
            if (machine.Transfer is not { } transfer)
                continue;
            if (transfer.Source == machine && transfer.SourceRelay)
            {
                transfer.SourceRelay = false;
                if (machine.Phase is MigrationPhase.Active or MigrationPhase.Device)
                    Fail(machine);
            }
            else if (transfer.Target == machine && transfer.TargetRelay)
            {
                transfer.TargetRelay = false;
                if (machine.Phase == MigrationPhase.Active)
                    End(machine, "lost its source");
            }
        }
    }

    /// <summary>The relay of a target whose process died ends: its source loses the way.</summary>
    private void Leave(ModelTransfer transfer)
    {
        (transfer.Vacant, transfer.TargetRelay) = (false, false);
        TargetWentAway(transfer);
    }

    public void CutData() => DataCut = true;

    public void HealData()
    {
        DataCut = false;
        foreach (var transfer in Transfers())
            Heal(transfer);
    }

    /// <summary>The way is open again: whoever lost the other end meanwhile finds out.</summary>
    public void Heal(ModelTransfer transfer)
    {
        if (IsCut(transfer))
            return;
        if (!transfer.Source.Alive || transfer.Source.Phase is MigrationPhase.Failed or MigrationPhase.Cancelled)
            SourceWentAway(transfer);
        else if (!transfer.Target.Alive && !transfer.Vacant)
            TargetWentAway(transfer);
        else
            Flow(transfer);
    }

    /// <summary>The relays give up: both agents are told, and both processes lose their sockets.</summary>
    public void BreakData()
    {
        foreach (var transfer in Transfers())
            Break(transfer);
    }

    /// <summary>The relays of one transfer give up.</summary>
    public void Break(ModelTransfer transfer)
    {
        if (!transfer.SourceRelay && !transfer.TargetRelay)
            return;
        var done = transfer.Source.Phase is MigrationPhase.Completed or MigrationPhase.Failed or MigrationPhase.Cancelled;
        if (transfer.SourceRelay && transfer.Source.Alive && !done)
            listener.TransferBroke(transfer.Source, FailureReason.DataLinkLost, "the data link did not come back");
        if (transfer.TargetRelay && transfer.Target.Alive && transfer.Target.Phase != MigrationPhase.Completed)
        {
            listener.TransferBroke(transfer.Target, FailureReason.DataLinkLost, "the data link did not come back");
            if (transfer.Target.Phase == MigrationPhase.Active)
                End(transfer.Target, "lost its source");
        }

        transfer.SourceRelay = transfer.TargetRelay = transfer.Vacant = false;
    }

    private List<ModelTransfer> Transfers() =>
        [.. _machines.Select(m => m.Transfer).OfType<ModelTransfer>().Distinct()];

    private static bool IsSending(ModelMachine source) =>
        source.Phase is MigrationPhase.Active or MigrationPhase.PreSwitchover or MigrationPhase.Device;

    private bool IsCut(ModelTransfer transfer) => DataCut || CutBetween?.Invoke(transfer) == true;

    private bool Stalled(ModelTransfer transfer) => IsCut(transfer) || !transfer.IsWhole;

    private void SourceWentAway(ModelTransfer transfer)
    {
        if (!IsCut(transfer) && transfer.Vacant)
            (transfer.Vacant, transfer.TargetRelay) = (false, false);
        if (!IsCut(transfer) && transfer.TargetRelay && transfer.Target is { Alive: true, Phase: MigrationPhase.Active })
            End(transfer.Target, "lost its source");
    }

    private void TargetWentAway(ModelTransfer transfer)
    {
        if (IsCut(transfer) || !transfer.SourceRelay || !transfer.Source.Alive)
            return;
        if (transfer.Source.Phase is MigrationPhase.Active or MigrationPhase.Device)
            Fail(transfer.Source);
    }

    private void ResumeAndLook(ModelMachine source)
    {
        if (source.Run is RunState.FinishMigrate)
            Resume(source, byItself: true);
        Look(source);
    }

    private void Resume(ModelMachine machine, bool byItself)
    {
        machine.Run = RunState.Running;
        machine.Ran = machine.HoldsDisks = true;
        rules.Ran(machine, _machines, byItself);
    }

    private void Look(ModelMachine machine, ActivationTimes? activation = null) =>
        listener.Looked(machine, LookAt(machine, activation));

    public static MachineLook LookAt(ModelMachine machine, ActivationTimes? activation = null) =>
        new(machine.Run, machine.Phase, Activation: activation);
}
