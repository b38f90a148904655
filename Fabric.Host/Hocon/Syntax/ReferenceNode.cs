namespace Fabric.Host.Hocon.Syntax;

/// <summary>
/// <c>${path}</c>. In an included file the path is tried below the including object first, then as written:
/// <see cref="PrefixLength"/> tells how many leading segments the includes have added.
/// </summary>
internal sealed class ReferenceNode(HoconOrigin origin, IReadOnlyList<string> path, bool optional) : Node(origin)
{
    public IReadOnlyList<string> Path { get; private set; } = path;

    public int PrefixLength { get; private set; }

    public bool Optional { get; } = optional;

    public override bool HasReferences => true;

    public override void Reroot(IReadOnlyList<string> prefix)
    {
        Path = [.. prefix, .. Path];
        PrefixLength += prefix.Count;
    }
}
