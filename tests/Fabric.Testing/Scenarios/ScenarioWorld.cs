using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// Virtual time, modelled processes, mail that moves only when told, a journal and ledgers that outlive crashes; in it
/// a coordinator and agents that are handed in. Nothing here is concurrent and nothing is random.
/// </summary>
public sealed partial class ScenarioWorld : IScenarioWorld, IScenarioSurroundings, IModelListener
{
    private const int DeliveriesMax = 2_000;
    private readonly Func<IScenarioSurroundings, IScenarioCoordinator> _makeCoordinator;
    private readonly Func<HostId, IScenarioSurroundings, IScenarioAgent> _makeAgent;
    private readonly SortedDictionary<string, ScenarioHost> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<HostId, IScenarioAgent> _agents = [];
    private readonly WorldRules _rules = new();
    private readonly Mail _mail = new();
    private readonly List<string> _lines = [];
    private readonly HashSet<HostId> _dieAfterNote = [];
    private IScenarioCoordinator _coordinator;
    private bool _dieAfterAppend;

    public ScenarioWorld(
        Func<IScenarioSurroundings, IScenarioCoordinator> makeCoordinator,
        Func<HostId, IScenarioSurroundings, IScenarioAgent> makeAgent,
        IScenarioJournal? journal = null)
    {
        Journal = journal ?? new ScenarioJournal();
        _makeCoordinator = makeCoordinator;
        _makeAgent = makeAgent;
        Hypervisors = new ModelHypervisors(this, _rules);
        _rules.Watch(Hypervisors.Machines);
        _coordinator = makeCoordinator(this);
        _coordinator.Start();
        AddHost(HostId.Of("a"));
        AddHost(HostId.Of("b"));
    }

    /// <summary>The world of the bare machines.</summary>
    public static ScenarioWorld Bare() => new(w => new BareCoordinator(w), (host, w) => new BareAgent(host, w));

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public IScenarioJournal Journal { get; }

    public ModelHypervisors Hypervisors { get; }

    public WorldRules Rules => _rules;

    public IScenarioCoordinator Coordinator => _coordinator;

    public Mail Mail => _mail;

    public IEnumerable<ScenarioHost> Hosts => _hosts.Values;

    public ScenarioHost Host(HostId id) => _hosts.TryGetValue(id.Value, out var host)
        ? host
        : throw new ScenarioException($"there is no host {id}");

    public IScenarioAgent Agent(HostId id) => _agents[Host(id).Id];

    public void Say(string line) => _lines.Add(line);

    public void Post(Letter letter)
    {
        if (!IsConnected(letter.Host))
            return;
        _lines.Add(letter.ToString());
        _mail.Post(letter);
    }

    public bool IsConnected(HostId host) => _coordinator.IsUp && Agent(host).IsUp && !_mail.IsCut(host);

    public void Journalled(string stream, object happened)
    {
        Say($"journal  {stream[(stream.IndexOf('/', StringComparison.Ordinal) + 1)..]}  {Shown.Of(happened)}");
        var plan = happened as MigrationRequested is { } first ? first.Plan : PlanOf(stream);
        _rules.Journalled(happened, plan);
    }

    public bool CoordinatorDiesHere()
    {
        if (!_dieAfterAppend)
            return false;
        _dieAfterAppend = false;
        KillCoordinator();
        return true;
    }

    public void Noted(HostId host, CopyState before, CopyEvent happened, CopyState after)
    {
        Say($"ledger   {host}  {Shown.Of(happened)}");
        _rules.Noted(host, before, happened, after);
    }

    public bool AgentDiesHere(HostId host)
    {
        if (!_dieAfterNote.Remove(host))
            return false;
        KillAgent(host);
        return true;
    }

    public void KillByOrder(ModelMachine machine)
    {
        _rules.Killing(machine);
        Hypervisors.End(machine, "ended by order");
    }

    public bool Connect(ModelMachine source, BeginTransfer order)
    {
        var target = Hypervisors.Find(order.Target, order.Ticket);
        if (target is null || target.Transfer is not null || Hypervisors.DataCut || !Agent(order.Target).IsUp)
            return false;
        Hypervisors.BeginSending(source, target);
        return true;
    }

    public void Looked(ModelMachine machine, MachineLook look)
    {
        Say($"qemu     {machine}");
        Agent(machine.Host).Looked(machine, look);
    }

    public void Vanished(ModelMachine machine, string detail)
    {
        Say($"qemu     {machine.Host}=dead ({detail})");
        Agent(machine.Host).Vanished(machine, detail);
    }

    public void BytesArrived(ModelMachine machine) => Agent(machine.Host).BytesArrived(machine);

    public void DisksSynced(ModelMachine machine) => Agent(machine.Host).DisksSynced(machine);

    public void RoundEnded(ModelMachine machine, Round round) => Agent(machine.Host).RoundEnded(machine, round);

    public void TransferBroke(ModelMachine machine, FailureReason reason, string detail) =>
        Agent(machine.Host).TransferBroke(machine, reason, detail);

    private MigrationPlan? PlanOf(string stream) =>
        Journal.Read(stream) is [MigrationRequested first, ..] ? first.Plan : null;

    private void AddHost(HostId id)
    {
        _hosts[id.Value] = new ScenarioHost(id);
        _agents[id] = _makeAgent(id, this);
        _agents[id].Start();
        _coordinator.HostFound(id);
    }

    private void KillCoordinator()
    {
        _coordinator.Kill();
        _mail.LoseAll();
    }

    private void StartCoordinator()
    {
        if (_coordinator.IsUp)
            throw new ScenarioException("the coordinator is up");
        _coordinator = _makeCoordinator(this);
        _coordinator.Start();
        foreach (var host in _hosts.Values.Where(h => IsConnected(h.Id)))
            LinkCameUp(host.Id);
    }

    private void LinkCameUp(HostId host)
    {
        _coordinator.HostFound(host);
        Agent(host).LinkCameUp();
    }

    private void KillAgent(HostId host)
    {
        Agent(host).Kill();
        LoseLink(host);
    }

    private void StartAgent(HostId host)
    {
        if (Agent(host).IsUp)
            throw new ScenarioException($"the agent of {host} is up");
        Agent(host).Start();
        if (IsConnected(host))
            LinkCameUp(host);
    }

    private void LoseLink(HostId host)
    {
        _mail.Lose(host);
        if (_coordinator.IsUp)
            _coordinator.HostLost(host);
    }

    private void Deliver(Letter letter)
    {
        if (letter.Order is { } order)
        {
            if (Agent(letter.Host).IsUp)
                Agent(letter.Host).Deliver(order);
        }
        else if (_coordinator.IsUp)
        {
            _coordinator.Deliver(letter.Host, letter.Report!);
        }
    }

    private void Settle()
    {
        for (var i = 0; _mail.InFlight.Count > 0; i++)
        {
            if (i == DeliveriesMax)
                throw new RuleBrokenException("messages breed: the world does not come to rest");
            Deliver(_mail.Take([]));
        }
    }

    /// <summary>
    /// Time passes; whatever falls due happens, and messages arrive in between unless held back by hand.
    /// </summary>
    private void Advance(TimeSpan by, bool deliver)
    {
        var end = Now + by;
        while (_coordinator.NextWake is { } wake && wake <= end)
        {
            Now = wake > Now ? wake : Now;
            _coordinator.Wake();
            if (deliver)
                Settle();
            Hypervisors.GuestsWork();
        }

        Now = end;
    }
}
