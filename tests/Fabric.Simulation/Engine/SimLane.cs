namespace Fabric.Simulation.Engine;

/// <summary>One actor's lane. What a dead process posts is nobody's; what a stopped one posts waits.</summary>
internal sealed class SimLane(SimProcess process, string name) : SynchronizationContext
{
    public SimProcess Process => process;

    public string Name => name;

    public Queue<(SendOrPostCallback Callback, object? State)> Items { get; } = new();

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!process.IsAlive)
            return;
        Items.Enqueue((d, state));
        if (Items.Count == 1)
            process.Ready(this);
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A lane never blocks its caller: use Post.");

    public override SynchronizationContext CreateCopy() => this;
}
