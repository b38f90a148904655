using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// The coordinator of a scenario: the bare machines, or the real actors over them. All calls return when everything
/// that they cause without the passing of time has happened.
/// </summary>
public interface IScenarioCoordinator
{
    bool IsUp { get; }

    /// <summary>Reads the journal and goes on.</summary>
    void Start();

    /// <summary>Loses all memory.</summary>
    void Kill();

    void Ask(VmId vm, VmInput input);

    /// <summary>Cancels or recovers the VM's migration.</summary>
    void Ask(VmId vm, MigrationInput input);

    void Deliver(HostId host, Report report);

    void HostFound(HostId host);

    void HostLost(HostId host);

    /// <summary>When the next wake-up is due.</summary>
    DateTimeOffset? NextWake { get; }

    /// <summary>Fires what is due now.</summary>
    void Wake();

    /// <summary>One line for each VM: who owns it, and what the coordinator has seen.</summary>
    IEnumerable<string> Describe();

    /// <summary>The stage of the VM's migrations that are not over.</summary>
    IEnumerable<MigrationState> Active { get; }

    VmState VmOf(VmId vm);
}

/// <summary>A host's agent of a scenario; its processes are the model's and outlive it.</summary>
public interface IScenarioAgent : IModelListener
{
    bool IsUp { get; }

    /// <summary>Reads the ledger and looks at its processes.</summary>
    void Start();

    /// <summary>Loses all memory.</summary>
    void Kill();

    void Deliver(Order order);

    /// <summary>The coordinator is there again.</summary>
    void LinkCameUp();

    CopyState CopyOf(VmId vm);
}

/// <summary>What a scenario's coordinator and agents need of the world around them.</summary>
public interface IScenarioSurroundings
{
    DateTimeOffset Now { get; }

    IScenarioJournal Journal { get; }

    ModelHypervisors Hypervisors { get; }

    WorldRules Rules { get; }

    ScenarioHost Host(HostId id);

    /// <summary>Writes a line of the transcript.</summary>
    void Say(string line);

    void Post(Letter letter);

    /// <summary>Checks what was made durable, and says it.</summary>
    void Journalled(string stream, object happened);

    /// <summary>Whether the coordinator dies now, with the append done and no effect run.</summary>
    bool CoordinatorDiesHere();

    bool IsConnected(HostId host);

    /// <summary>Checks what a host made durable, and says it.</summary>
    void Noted(HostId host, CopyState before, CopyEvent happened, CopyState after);

    /// <summary>Whether this agent dies now, with the note made and no effect run.</summary>
    bool AgentDiesHere(HostId host);

    /// <summary>Ends a process because its agent decided so.</summary>
    void KillByOrder(ModelMachine machine);

    /// <summary>Begins to send to the process that offers this ticket; false when nobody does.</summary>
    bool Connect(ModelMachine source, BeginTransfer order);
}

/// <summary>What of a host outlives its agent.</summary>
public sealed class ScenarioHost(HostId id)
{
    public HostId Id => id;

    /// <summary>The ledger: what was noted, per VM.</summary>
    public Dictionary<VmId, List<CopyEvent>> Ledger { get; } = [];

    /// <summary>What a precheck finds here.</summary>
    public List<Obstacle> Obstacles { get; } = [];

    /// <summary>The next process does not start.</summary>
    public bool StartFails { get; set; }
}
