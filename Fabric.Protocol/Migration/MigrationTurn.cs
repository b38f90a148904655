namespace Fabric.Protocol;

/// <summary>
/// One decision under way: events happen to the state as they are decided, effects pile up behind them.
/// </summary>
internal sealed class MigrationTurn(MigrationState state, DateTimeOffset now)
{
    private readonly List<MigrationEvent> _events = [];
    private readonly List<VmEvent> _vmEvents = [];
    private readonly List<MigrationEffect> _effects = [];

    public MigrationState State { get; private set; } = state;

    public DateTimeOffset Now => now;

    public Begun Stage => (Begun)State.Stage;

    public Sight Sight => State.Sight;

    /// <summary>From the first attempt on the journal alone says what they are.</summary>
    public WanTimes Times => new(
        Stage.Plan.Policy, Stage is InPreMigration ? State.Line?.TimeoutMs : State.LineTimeoutMs);

    public void Happen(MigrationEvent happened)
    {
        State = MigrationEvolution.Evolve(State, happened);
        _events.Add(happened);
    }

    public void HappenToVm(VmEvent happened) => _vmEvents.Add(happened);

    public void Do(MigrationEffect effect) => _effects.Add(effect);

    public void Order(Side side, Order order) => Do(new SendOrder(side, order));

    public bool PassedSince(DateTimeOffset since, long milliseconds) => (now - since).TotalMilliseconds >= milliseconds;

    public MigrationDecision Decision() => new(_events, _vmEvents, _effects);
}
