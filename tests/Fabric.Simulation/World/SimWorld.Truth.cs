using Fabric.Actors.Journal;
using Fabric.Protocol;
using Fabric.Testing.Scenarios;
using StreamAppend = Fabric.Actors.Journal.StreamAppend;

namespace Fabric.Simulation.World;

/// <content>What became durable, and the rules that are asked then.</content>
internal sealed partial class SimWorld
{
    private readonly Dictionary<MigrationId, MigrationState> _migrations = [];
    private readonly Dictionary<VmId, VmState> _vms = [];
    private readonly Dictionary<VmId, MigrationId> _latest = [];
    private readonly HashSet<VmId> _operatorAsked = [];

    /// <summary>Migrations that were asked for, over all VMs.</summary>
    public int Migrations { get; private set; }

    public VmState VmState(VmId vm) => _vms.GetValueOrDefault(vm, new NoVm(0));

    /// <summary>The VM's last migration, unless it is over.</summary>
    private Begun? ActiveOf(VmId vm) =>
        _latest.TryGetValue(vm, out var id) && _migrations[id].Stage is Begun { Kind: not StageKind.Over } begun ? begun : null;

    private void Journalled(IReadOnlyList<StreamAppend> appends)
    {
        foreach (var append in appends)
        {
            foreach (var happened in append.Events)
            {
                if (_trace is not null)
                    Say($"journal  {append.Stream.Id}  {(happened is HostJoined ? "HostJoined" : Shown.Of(happened))}");
                switch (happened)
                {
                    case MigrationEvent e:
                        Journalled(MigrationId.Of(append.Stream.Id), e);
                        break;
                    case VmEvent e:
                        var vm = VmId.Of(append.Stream.Id);
                        _vms[vm] = OneHistory(() => VmMachine.Evolve(VmState(vm), e));
                        _rules.Journalled(e, null);
                        break;
                    default:
                        break;
                }
            }
        }

        Stepped();
    }

    private void Journalled(MigrationId id, MigrationEvent happened)
    {
        var before = _migrations.GetValueOrDefault(id, MigrationState.Initial);
        var after = _migrations[id] = OneHistory(() => MigrationEvolution.Evolve(before, happened));
        var begun = (Begun)after.Stage;
        var vm = begun.Plan.Spec.Id;
        if (happened is MigrationRequested or TransferPolicyChanged)
            Wished(vm, begun.Plan.Policy.Transfer);
        if (happened is MigrationRequested)
        {
            Migrations++;
            _latest[vm] = id;
            _rules.Strict(vm);
            _operatorAsked.Remove(vm);
        }

        if (before.Stage is OnHold && begun.Kind != StageKind.OnHold)
        {
            if (!_operatorAsked.Contains(vm))
                throw new RuleBrokenException($"rule 5: {id} leaves its hold by {happened.GetType().Name} without an operator");
            _rules.OperatorDecided(vm);
        }

        if (happened is HeldForOperator { Reason: FailureReason.AssertionBroken } held && !_restored)
            throw new RuleBrokenException($"rule 6: {id} is in a cell that cannot be: {held.Detail}");
        _rules.Journalled(happened, begun.Plan);
        if (before.Stage.Kind != begun.Kind)
            Entered(begun);
    }

    private void Noted(SimHost host, IReadOnlyList<StreamAppend> appends)
    {
        foreach (var append in appends)
        {
            var vm = VmId.Of(append.Stream.Id);
            foreach (var happened in append.Events.Cast<CopyEvent>())
            {
                if (_trace is not null)
                    Say($"ledger   {host.Id} {vm}  {Shown.Of(happened)}");
                var before = host.CopyOf(vm);
                var after = host.Copies[vm] = OneHistory(() => CopyEvolution.Evolve(before, happened));
                OldOrder(host, before, happened);
                _rules.Noted(host.Id, before, happened, after);
            }
        }

        Stepped();
    }

    /// <summary>Rule 8: nothing is noted for an order that is older than what the ledger holds.</summary>
    private static void OldOrder(SimHost host, CopyState before, CopyEvent happened)
    {
        var stamp = happened switch
        {
            CopyStartNoted e => e.Stamp,
            CopyStopNoted e => e.Stamp,
            OutgoingBegun e => e.Stamp,
            RollbackNoted e => e.Stamp,
            RegrantNoted e => e.Stamp,
            ReleaseNoted e => e.Stamp,
            IncomingNoted e => e.Stamp,
            IncomingClosed e => e.Stamp,
            OutgoingEnded e => e.Stamp,
            GrantNoted e => e.Stamp,
            _ => null,
        };
        if (stamp is not null && before.Fence.Judge(stamp) is { } stale)
        {
            throw new RuleBrokenException(
                $"rule 8: {host.Id} obeys {happened.GetType().Name} {stamp} ({stale}), and its ledger has seen {before.Fence}");
        }
    }

    /// <summary>Rule 9: each stream is one history, whoever wrote it.</summary>
    private static T OneHistory<T>(Func<T> evolve)
    {
        try
        {
            return evolve();
        }
        catch (InvalidOperationException e)
        {
            throw new RuleBrokenException($"rule 9: {e.Message}");
        }
    }

    private void ReadAgain()
    {
        _migrations.Clear();
        _vms.Clear();
        _latest.Clear();
        foreach (var stream in Journal.Streams)
        {
            foreach (var recorded in Journal.Read(stream))
            {
                if (recorded.Event is VmEvent happened)
                {
                    _vms[VmId.Of(stream.Id)] = VmMachine.Evolve(VmState(VmId.Of(stream.Id)), happened);
                }
                else if (recorded.Event is MigrationEvent e)
                {
                    var id = MigrationId.Of(stream.Id);
                    _migrations[id] = MigrationEvolution.Evolve(_migrations.GetValueOrDefault(id, MigrationState.Initial), e);
                    if (e is MigrationRequested { Plan: var plan })
                        _latest[plan.Spec.Id] = id;
                }
            }
        }
    }
}
