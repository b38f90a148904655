namespace Fabric.Host.Hocon.Syntax;

internal sealed class ArrayNode(HoconOrigin origin, IReadOnlyList<Node> items) : Node(origin)
{
    public IReadOnlyList<Node> Items { get; } = items;

    public override bool HasReferences { get; } = items.Any(i => i.HasReferences);

    public override void Reroot(IReadOnlyList<string> prefix)
    {
        foreach (var item in Items)
            item.Reroot(prefix);
    }
}
