namespace Fabric.Host.Hocon.Syntax;

/// <summary>
/// All values given to one key, oldest first, where only resolving can tell how they merge and what a
/// self-reference looks back at.
/// </summary>
internal sealed class StackNode(Node oldest) : Node(oldest.Origin)
{
    private readonly List<Node> _layers = [oldest];

    public IReadOnlyList<Node> Layers => _layers;

    public override bool HasReferences => true;

    public void Push(Node layer) => _layers.Add(layer);

    public override void Reroot(IReadOnlyList<string> prefix)
    {
        foreach (var layer in _layers)
            layer.Reroot(prefix);
    }
}
