namespace Fabric.Host.Hocon.Syntax;

/// <summary>A concatenation that holds a substitution; the parser joins every other one at once.</summary>
internal sealed class ConcatNode(HoconOrigin origin, IReadOnlyList<Node> parts) : Node(origin)
{
    public IReadOnlyList<Node> Parts { get; } = parts;

    public override bool HasReferences => true;

    public override void Reroot(IReadOnlyList<string> prefix)
    {
        foreach (var part in Parts)
            part.Reroot(prefix);
    }
}
