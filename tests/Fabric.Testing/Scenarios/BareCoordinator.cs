using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// A coordinator made of the bare machines and the shell's rules: append in one transaction over the migration's and
/// the VM's streams, then run effects, then answer. When an append is not acknowledged, the memory is dropped and the
/// journal read again after a while: a lost reply means unknown.
/// </summary>
public sealed class BareCoordinator(IScenarioSurroundings world) : IScenarioCoordinator
{
    private const long BackOffMs = 1_000;
    private readonly Dictionary<VmId, VmState> _vms = [];
    private readonly Dictionary<MigrationId, (MigrationState State, long Version)> _migrations = [];
    private readonly Dictionary<MigrationId, DateTimeOffset> _wakes = [];
    private readonly Dictionary<VmId, DateTimeOffset> _vmWakes = [];
    private readonly HashSet<MigrationId> _unread = [];

    public bool IsUp { get; private set; }

    public IEnumerable<MigrationState> Active => _migrations.Values.Select(m => m.State).Where(s => s.Stage.Kind != StageKind.Over);

    public DateTimeOffset? NextWake =>
        _wakes.Values.Concat(_vmWakes.Values).Select(w => (DateTimeOffset?)w).DefaultIfEmpty(null).Min();

    public VmState VmOf(VmId vm) => _vms.GetValueOrDefault(vm, new NoVm(0));

    public void Start()
    {
        IsUp = true;
        foreach (var stream in world.Journal.Streams.ToList())
        {
            if (stream.StartsWith("vm/", StringComparison.Ordinal))
                ReadVm(VmId.Of(stream[3..]));
        }

        foreach (var stream in world.Journal.Streams.ToList())
        {
            if (stream.StartsWith("migration/", StringComparison.Ordinal))
                Read(MigrationId.Of(stream[10..]));
        }

        foreach (var vm in _vms.Keys.ToList())
            Tell(vm, new VmWoken());
    }

    public void Kill()
    {
        IsUp = false;
        _vms.Clear();
        _migrations.Clear();
        _wakes.Clear();
        _vmWakes.Clear();
        _unread.Clear();
    }

    public void Ask(VmId vm, VmInput input) => Tell(vm, input);

    public void Ask(VmId vm, MigrationInput input)
    {
        if (VmOf(vm) is LockedVm locked && !_unread.Contains(locked.Migration))
            Tell(locked.Migration, input);
        else
            world.Say("answer   refused: no migration of this VM is under way");
    }

    public void Deliver(HostId host, Report report)
    {
        if (report is LifeReport life)
            Tell(report.Stamp.Vm, new LifeReported(host, life));
        else if (report is OrderRefused { Side: null } refused)
            Tell(report.Stamp.Vm, new LifeRefused(host, refused));
        else if (report.Stamp.Migration is { } migration)
            Tell(migration, new Reported(host, report));
    }

    public void HostFound(HostId host)
    {
        foreach (var (migration, side) in SidesAt(host))
            Tell(migration, new HostFound(side));
        foreach (var vm in _vms.Values.OfType<KnownVm>().Where(v => v.Owner == host).ToList())
            Tell(vm.Spec.Id, new VmWoken());
    }

    public void HostLost(HostId host)
    {
        foreach (var (migration, side) in SidesAt(host))
            Tell(migration, new HostLost(side));
    }

    public void Wake()
    {
        foreach (var migration in _wakes.Where(w => w.Value <= world.Now).Select(w => w.Key).ToList())
        {
            _wakes.Remove(migration);
            if (_unread.Remove(migration))
                Read(migration);
            else
                Tell(migration, new Woken());
        }

        foreach (var vm in _vmWakes.Where(w => w.Value <= world.Now).Select(w => w.Key).ToList())
        {
            _vmWakes.Remove(vm);
            Tell(vm, new VmWoken());
        }
    }

    public IEnumerable<string> Describe()
    {
        foreach (var vm in _vms.Values.OfType<KnownVm>())
        {
            var text = $"{vm.Spec.Id} {VmMachine.NameOf(vm)} owner={vm.Owner} epoch={vm.Epoch}";
            var all = _migrations.Values.Where(m => m.State.Stage is Begun { Kind: not StageKind.Over } b && b.Plan.Spec.Id == vm.Spec.Id);
            yield return text + string.Concat(all.Select(m =>
                $" | {((Begun)m.State.Stage).Plan.Id} {m.State.Stage.Kind} #{((Begun)m.State.Stage).CurrentAttempt}" +
                $" source={m.State.Sight.Source} target={m.State.Sight.Target}"));
        }
    }

    private List<(MigrationId Migration, Side Side)> SidesAt(HostId host) =>
    [
        .. from m in _migrations
           where m.Value.State.Stage is Begun { Kind: not StageKind.Over }
           from side in new[] { Side.Source, Side.Target }
           where ((Begun)m.Value.State.Stage).Plan.HostAt(side) == host
           select (m.Key, side),
    ];

    private void ReadVm(VmId vm) => _vms[vm] =
        world.Journal.Read(ScenarioJournal.StreamOf(vm)).Cast<VmEvent>().Aggregate((VmState)new NoVm(0), VmMachine.Evolve);

    private void Read(MigrationId migration)
    {
        var events = world.Journal.Read(ScenarioJournal.StreamOf(migration));
        if (events.Count == 0)
        {
            _migrations.Remove(migration);
            return;
        }

        var state = events.Cast<MigrationEvent>().Aggregate(MigrationState.Initial, MigrationEvolution.Evolve);
        _migrations[migration] = (state, events.Count);
        Tell(migration, new Resumed());
        if (state.Stage is not Begun begun)
            return;
        // The append that was not acknowledged may have changed the VM too.
        ReadVm(begun.Plan.Spec.Id);
        Tell(begun.Plan.Spec.Id, new VmWoken());
    }

    private void Tell(VmId vm, VmInput input)
    {
        if (!IsUp)
            return;
        var state = VmOf(vm);
        var decision = VmMachine.Decide(state, input, world.Now);
        var appends = new List<StreamAppend>();
        if (decision.Events.Count > 0)
            appends.Add(new StreamAppend(ScenarioJournal.StreamOf(vm), state.Version, decision.Events));
        if (decision.Migration is { } first)
            appends.Add(new StreamAppend(ScenarioJournal.StreamOf(first.Plan.Id), 0, [first]));
        if (!Append(appends))
        {
            ReadVm(vm);
            _vmWakes[vm] = world.Now.AddMilliseconds(BackOffMs);
            if (input is not (LifeReported or LifeRefused or VmWoken))
                world.Say("answer   unknown: the journal did not acknowledge");
            return;
        }

        _vms[vm] = decision.Events.Aggregate(state, VmMachine.Evolve);
        if (decision.Events.Count > 0 && world.CoordinatorDiesHere())
            return;
        foreach (var effect in decision.Effects)
            Do(vm, effect);
    }

    private void Do(VmId vm, VmEffect effect)
    {
        switch (effect)
        {
            case SendLifeOrder e:
                Send(e.Host, e.Order);
                break;
            case VmAnswer e:
                world.Say(e.Refusal is { } no ? $"answer   refused: {no.Code} {no.Reason} {no.Detail}" : "answer   accepted");
                break;
            case WakeMigration e when !_migrations.ContainsKey(e.Migration):
                Read(e.Migration);
                break;
            case WakeMigration:
                break;
            case WakeVmAfter e:
                _vmWakes[vm] = world.Now.AddMilliseconds(e.Milliseconds);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect");
        }
    }

    private void Tell(MigrationId migration, MigrationInput input)
    {
        if (!IsUp || _unread.Contains(migration) || !_migrations.TryGetValue(migration, out var known))
            return;
        var (state, version) = known;
        var decision = MigrationMachine.Decide(state, input, world.Now);
        var events = decision.Events.Where(e => e is not SightEvent).ToList();
        var vm = state.Stage is Begun begun ? begun.Plan.Spec.Id : default;
        var appends = new List<StreamAppend>();
        if (events.Count > 0)
            appends.Add(new StreamAppend(ScenarioJournal.StreamOf(migration), version, events));
        if (decision.VmEvents.Count > 0)
            appends.Add(new StreamAppend(ScenarioJournal.StreamOf(vm), state.VmVersion, decision.VmEvents));
        if (!Append(appends))
        {
            _unread.Add(migration);
            _wakes[migration] = world.Now.AddMilliseconds(BackOffMs);
            return;
        }

        _migrations[migration] = (decision.Events.Aggregate(state, MigrationEvolution.Evolve), version + events.Count);
        if (events.Count > 0 && world.CoordinatorDiesHere())
            return;
        if (decision.VmEvents.Count > 0)
        {
            ReadVm(vm);
            Tell(vm, new VmWoken());
        }

        foreach (var effect in decision.Effects)
            Do(migration, effect);
    }

    private void Do(MigrationId migration, MigrationEffect effect)
    {
        switch (effect)
        {
            case SendOrder e when _migrations[migration].State.Stage is Begun begun:
                Send(begun.Plan.HostAt(e.Side), e.Order);
                break;
            case WakeAfter e:
                _wakes[migration] = world.Now.AddMilliseconds(e.Milliseconds);
                break;
            case AnswerOperator e:
                world.Say($"answer   {(e.Accepted ? "accepted" : "refused")}: {e.Text}");
                break;
            case Retire:
                _wakes.Remove(migration);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect");
        }
    }

    private void Send(HostId host, Order order)
    {
        if (world.IsConnected(host))
            world.Post(new Letter(host, order, null));
    }

    private bool Append(List<StreamAppend> appends)
    {
        if (appends.Count == 0)
            return true;
        try
        {
            world.Journal.Append(appends, world.Journalled);
            return true;
        }
        catch (JournalFaultException e)
        {
            world.Say($"journal  not acknowledged: {e.Message}");
            return false;
        }
    }
}
