using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// A coordinator made of the bare machines and the shell's rules: append in one transaction over the migration's and
/// the VM's streams, then run effects, then answer. When an append is not acknowledged, the memory is dropped and the
/// journal read again after a while, and what arrives meanwhile waits: a lost reply means unknown.
/// </summary>
public sealed class BareCoordinator(IScenarioSurroundings world) : IScenarioCoordinator
{
    private const long BackOffMs = Limits.Actors.RereadBackoffMs;
    private const string Unknown = "answer   unknown: the journal did not acknowledge";
    private readonly Dictionary<VmId, VmState> _vms = [];
    private readonly Dictionary<MigrationId, (MigrationState State, long Version)> _migrations = [];
    private readonly Dictionary<MigrationId, DateTimeOffset> _wakes = [];
    private readonly Dictionary<VmId, DateTimeOffset> _vmWakes = [];
    private readonly Dictionary<MigrationId, Queue<MigrationInput>> _unread = [];
    private readonly Dictionary<VmId, Queue<VmInput>> _unreadVms = [];

    public bool IsUp { get; private set; }

    public IEnumerable<MigrationState> Active => IsUp && _unread.Count == 0
        ? _migrations.Values.Select(m => m.State).Where(s => s.Stage.Kind != StageKind.Over)
        : world.Journal.Active();

    public DateTimeOffset? NextWake =>
        _wakes.Values.Concat(_vmWakes.Values).Select(w => (DateTimeOffset?)w).DefaultIfEmpty(null).Min();

    public VmState VmOf(VmId vm) => world.Journal.VmOf(vm);

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
            // One may have been read already, for its VM woke it.
            if (stream.StartsWith("migration/", StringComparison.Ordinal)
                && !_migrations.ContainsKey(MigrationId.Of(stream[10..])))
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
        _unreadVms.Clear();
    }

    public void Ask(VmId vm, VmInput input) => Tell(vm, input);

    public void Ask(VmId vm, MigrationInput input)
    {
        if (world.Journal.VmOf(vm) is LockedVm locked)
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
        foreach (var vm in _vms.Values.OfType<KnownVm>().Where(
            v => v.Owner == host && !_unreadVms.ContainsKey(v.Spec.Id)).ToList())
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
            if (!_unread.Remove(migration, out var waiting))
            {
                Tell(migration, new Woken());
                continue;
            }

            Read(migration);
            foreach (var input in waiting)
                Tell(migration, input);
        }

        foreach (var vm in _vmWakes.Where(w => w.Value <= world.Now).Select(w => w.Key).ToList())
        {
            _vmWakes.Remove(vm);
            var read = _unreadVms.Remove(vm, out var waiting);
            if (read)
                ReadVm(vm);
            Tell(vm, new VmWoken());
            foreach (var input in waiting ?? [])
                Tell(vm, input);
        }
    }

    public IEnumerable<string> Describe() => world.Journal.Describe(
        m => !_unread.ContainsKey(m) && _migrations.TryGetValue(m, out var known) ? known.State.Sight : null);

    private List<(MigrationId Migration, Side Side)> SidesAt(HostId host) =>
    [
        .. from m in _migrations
           where m.Value.State.Stage is Begun { Kind: not StageKind.Over } && !_unread.ContainsKey(m.Key)
           from side in new[] { Side.Source, Side.Target }
           where ((Begun)m.Value.State.Stage).Plan.HostAt(side) == host
           select (m.Key, side),
    ];

    private void ReadVm(VmId vm) => _vms[vm] = world.Journal.VmOf(vm);

    private void StreamMoved(VmId vm)
    {
        if (!_unreadVms.ContainsKey(vm))
            ReadVm(vm);
        Tell(vm, new VmWoken());
    }

    private void Read(MigrationId migration)
    {
        var events = world.Journal.Read(ScenarioJournal.StreamOf(migration));
        if (events.Count == 0)
        {
            _migrations.Remove(migration);
            return;
        }

        var state = world.Journal.MigrationOf(migration);
        _migrations[migration] = (state, events.Count);
        if (state.Stage is not Begun { Kind: not StageKind.Over } begun)
            return;
        Tell(migration, new Resumed());
        // The append that was not acknowledged may have changed the VM too.
        StreamMoved(begun.Plan.Spec.Id);
    }

    private void Tell(VmId vm, VmInput input)
    {
        if (!IsUp)
            return;
        if (_unreadVms.TryGetValue(vm, out var waiting))
        {
            waiting.Enqueue(input);
            return;
        }

        var state = _vms.GetValueOrDefault(vm, new NoVm(0));
        var decision = VmMachine.Decide(state, input, world.Now);
        var appends = new List<StreamAppend>();
        if (decision.Events.Count > 0)
            appends.Add(new StreamAppend(ScenarioJournal.StreamOf(vm), state.Version, decision.Events));
        if (decision.Migration is { } first)
            appends.Add(new StreamAppend(ScenarioJournal.StreamOf(first.Plan.Id), 0, [first]));
        if (!Append(appends))
        {
            _unreadVms[vm] = new Queue<VmInput>();
            _vmWakes[vm] = world.Now.AddMilliseconds(BackOffMs);
            if (input is not (LifeReported or LifeRefused or VmWoken))
                world.Say(Unknown);
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
                world.Say(
                    e.Refusal is { } no ? $"answer   refused: {no.Code} {no.Reason} {no.Detail}" : "answer   accepted");
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
        if (_unread.TryGetValue(migration, out var waiting))
            waiting.Enqueue(input);
        if (!IsUp || waiting is not null || !_migrations.TryGetValue(migration, out var known))
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
            _unread[migration] = new Queue<MigrationInput>();
            _wakes[migration] = world.Now.AddMilliseconds(BackOffMs);
            if (input is CancelRequested or RecoverRequested)
                world.Say(Unknown);
            StreamMoved(vm);
            return;
        }

        _migrations[migration] = (decision.Events.Aggregate(state, MigrationEvolution.Evolve), version + events.Count);
        if (events.Count > 0 && world.CoordinatorDiesHere())
            return;
        foreach (var effect in decision.Effects)
            Do(migration, effect);
        if (decision.VmEvents.Count > 0)
            StreamMoved(vm);
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
