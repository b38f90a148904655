namespace Fabric.Protocol;

/// <summary>One decision under way on a host.</summary>
internal sealed class CopyTurn(CopyState state)
{
    private readonly List<CopyEvent> _events = [];
    private readonly List<CopyEffect> _effects = [];

    public CopyState State { get; private set; } = state;

    public void Happen(CopyEvent happened)
    {
        State = CopyEvolution.Evolve(State, happened);
        _events.Add(happened);
    }

    public void Do(CopyEffect effect) => _effects.Add(effect);

    public void Report(Report report) => Do(new SendReport(report));

    public void TellSource(Stamp stamp) => Report(CopyViews.SourceOf(State, stamp));

    public void TellTarget(Stamp stamp)
    {
        if (CopyViews.TargetOf(State, stamp) is { } report)
            Report(report);
    }

    public void TellLife(Stamp stamp) => Report(CopyViews.LifeOf(State, stamp));

    public void Refuse(Order order, Side? side, Refusal refusal, string detail) =>
        Report(new OrderRefused(order.Stamp, side, refusal, State.Fence.Epoch, detail));

    public CopyDecision Decision() => new(_events, _effects);
}
