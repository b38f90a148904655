using Fabric.Host.Hocon.Syntax;

namespace Fabric.Host.Hocon.Resolve;

/// <summary>A layer that is the value of another place: what came through a substitution keeps its own look-back.</summary>
internal sealed class CellNode(HoconOrigin origin, Cell cell) : Node(origin)
{
    public Cell Cell { get; } = cell;

    public override bool HasReferences => true;
}
