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

    /// <summary>
    /// Whoever orders what does not fit has not heard how things stand: it is told together with the refusal.
    /// </summary>
    public void Refuse(Order order, Side? side, Refusal refusal, string detail)
    {
        Report(new OrderRefused(order.Stamp, side, refusal, State.Fence.Epoch, detail));
        if (refusal == Refusal.WrongState && side == Side.Source)
            TellSource(order.Stamp);
        if (refusal == Refusal.WrongState && side == Side.Target)
            TellTarget(order.Stamp);
    }

    public CopyDecision Decision() => new(_events, _effects);
}
