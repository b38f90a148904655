using Fabric.Actors.Coordination;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Plans;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <content>A run from its beginning to its end: boot, moves and faults, healing, rest, and a retry of everything.</content>
internal sealed partial class SimWorld
{
    private const long BootMsMax = 60_000;
    private const long ChaosMsMax = 240_000;
    private const long RestMsMax = 1_800_000;
    private const long RetryMsMax = 180_000;
    private const int AsksMax = 12;

    private readonly List<Mover> _movers = [];

    /// <summary>Goes through the whole run.</summary>
    /// <exception cref="RuleBrokenException">A rule does not hold.</exception>
    public void Play()
    {
        try
        {
            Boot();
            var chaos = Scheduler.Now + SimScheduler.Ms(ChaosMsMax);
            Arm();
            foreach (var mover in _movers)
                Later(mover, mover.IsDone ? 0 : mover.Moves[0].AfterMs);
            RunWhile(() => !IsCalm(), chaos);
            Heal();
            Rest("after everything healed");
            if (Plan.Retries && !_restored)
                RetryAll();
        }
        finally
        {
            IsOver = true;
        }
    }

    private static VmId VmAt(int number) => VmIds[number];

    private static readonly VmId[] VmIds = [.. Enumerable.Range(0, 8).Select(n => VmId.Of($"vm{n}"))];

    private void Boot()
    {
        _coordinators.Add(new SimCoordinator(this, "coordinator"));
        foreach (var host in _hosts)
        {
            host.Agent = NewAgent(host);
            Network.Look(host);
        }

        RunWhile(() => _hosts.Exists(h => h.Linked is null), Scheduler.Now + SimScheduler.Ms(BootMsMax));
        for (var i = 0; i < Plan.Vms; i++)
        {
            var vm = VmAt(i);
            if ((Plan.LocalDisks >> i & 1) != 0)
                Rules.Disks.Give(vm, _hosts[i % _hosts.Count].Id);
            var spec = new VmSpec { Id = vm, MemoryKiB = 131_136, Disks = Rules.Disks.SpecOf(vm), Network = NetworkOf(i) };
            Ask(EntityKinds.Vm, vm.Value, new CreateVm(spec, _hosts[i % _hosts.Count].Id));
            Ask(EntityKinds.Vm, vm.Value, new StartRequested());
            _movers.Add(new Mover(i, [.. Plan.Moves.Where(m => m.Vm == i)]));
        }

        bool SomeWait() => Enumerable.Range(0, Plan.Vms).Any(i => VmState(VmAt(i)) is not RunningVm);
        RunWhile(SomeWait, Scheduler.Now + SimScheduler.Ms(BootMsMax));
        if (SomeWait())
            throw new RuleBrokenException("liveness: the VMs do not boot, and nothing is wrong yet");
    }

    private SimAgent NewAgent(SimHost host)
    {
        var agent = new SimAgent(this, host);
        if (Plant is { TakesAnyTicket: true })
            agent.Tickets.EverMade = host.TicketsEverMade;
        return agent;
    }

    /// <summary>Runs as long as the condition holds, up to that time.</summary>
    private void RunWhile(Func<bool> goesOn, long until)
    {
        var number = 0;
        while (Scheduler.RunOne(until))
        {
            if (_broken is { } broken)
                throw new RuleBrokenException(broken.Message);
            if ((++number & 7) == 0 && !goesOn())
                return;
        }

        if (_broken is { } last)
            throw new RuleBrokenException(last.Message);
    }

    private bool IsCalm() => _undos.Count == 0 && _timedToCome == 0 && _movers.TrueForAll(m => m.IsDone);

    /// <summary>The next move of a VM: asked for until it is taken, then left alone until it has ended.</summary>
    private void MoveOn(Mover mover)
    {
        if (mover.IsDone || IsOver)
            return;
        var vm = VmAt(mover.Vm);
        TellLeftovers(vm);
        if (mover.Asked && ActiveOf(vm) is not (null or OnHold or InCleanUp))
        {
            // The end of the migration comes here again.
            return;
        }

        if (mover.Asked && _latest.GetValueOrDefault(vm) != mover.Before)
        {
            mover.Next();
            Later(mover, mover.IsDone ? 0 : mover.Moves[mover.At].AfterMs);
            return;
        }

        if (++mover.Asks > AsksMax)
        {
            mover.GiveUp();
            return;
        }

        if (VmState(vm) is RunningVm running && Current is not null)
        {
            (mover.Asked, mover.Before) = (true, _latest.GetValueOrDefault(vm));
            var target = (HostOf(running.Owner).Number + mover.Moves[mover.At].Hops) % _hosts.Count;
            Ask(EntityKinds.Vm, vm.Value, Asked(running.Owner, _hosts[target].Id, Plan.Policy));
        }

        Later(mover, 1_500);
    }

    /// <summary>Hosts tell of images that no copy there uses. What is heard may be old: a copy may be there by now.</summary>
    private void TellLeftovers(VmId vm)
    {
        foreach (var host in _hosts.Where(h => h.Linked is not null && Rules.Disks.IsAt(h.Id, vm)))
            Ask(EntityKinds.Vm, vm.Value, new LeftoverSeen(host.Id));
    }

    private void Later(Mover mover, long ms)
    {
        var number = ++mover.Number;
        Scheduler.After(SimScheduler.Ms(Math.Max(1, ms)), () =>
        {
            if (number == mover.Number)
                MoveOn(mover);
        });
    }

    /// <summary>A migration came to a durable stage.</summary>
    private void Entered(Begun stage)
    {
        FaultsOf(stage);
        if (stage.Kind is not (StageKind.OnHold or StageKind.ReleasingSource or StageKind.DiscardingTarget or StageKind.Over))
            return;
        foreach (var mover in _movers)
        {
            if (VmAt(mover.Vm) == stage.Plan.Spec.Id && mover.Asked)
                Later(mover, 1);
        }
    }

    private void Ask(string kind, string id, object request, Action<object>? hear = null)
    {
        if (_trace is not null)
            Say($"operator {id} {request.GetType().Name}");
        if (request is CancelRequested or RecoverRequested && _migrations.TryGetValue(MigrationId.Of(id), out var known)
            && known.Stage is Begun begun)
            _operatorAsked.Add(begun.Plan.Spec.Id);
        Current?.Ask(kind, id, request, answer =>
        {
            Answered(id, request, answer);
            hear?.Invoke(answer);
        });
    }

    /// <summary>An answer states only what is durable.</summary>
    private void Answered(string id, object request, object answer)
    {
        if (_trace is not null)
            Say($"answer   {id} {request.GetType().Name}: {Text(answer)}");
        switch (answer)
        {
            case VmReply { Refusal: null, Migration: { } migration } when !_migrations.ContainsKey(migration):
                throw new RuleBrokenException($"rule 10: {migration} was accepted and is not in the journal");
            case OperatorAnswer { Accepted: true } when request is CancelRequested
                && _migrations.GetValueOrDefault(MigrationId.Of(id))?.Stage
                    is not (InRollback or InCleanUp or Over or InStopAndCopy or InCommitment):
                throw new RuleBrokenException($"rule 10: the cancel of {id} was accepted, and the journal does not hold it");
            case OperatorAnswer { Accepted: true } when request is TransferAsked { Change.BandwidthMax: var most }
                && !_policies[_migrations[MigrationId.Of(id)].Stage is Begun b ? b.Plan.Spec.Id : default].Exists(p => p.BandwidthMax == most):
                throw new RuleBrokenException($"rule 10: another rate of {id} was accepted, and the journal does not hold it");
            default:
                break;
        }
    }

    private static string Text(object answer) => answer switch
    {
        VmReply { Refusal: { } no } => $"refused: {no.Detail}",
        OperatorAnswer a => $"{(a.Accepted ? "accepted" : "refused")}: {a.Text}",
        VmReply => "accepted",
        _ => "unknown",
    };

    private sealed class Mover(int vm, IReadOnlyList<Move> moves)
    {
        public int Vm => vm;

        public IReadOnlyList<Move> Moves => moves;

        public int At { get; private set; }

        public int Number { get; set; }

        public int Asks { get; set; }

        public bool Asked { get; set; }

        public MigrationId Before { get; set; }

        public bool IsDone => At >= moves.Count;

        public void Next()
        {
            At++;
            (Asks, Asked) = (0, false);
        }

        public void GiveUp() => At = moves.Count;
    }
}
