using Fabric.Host.Hocon.Syntax;

namespace Fabric.Host.Hocon.Resolve;

/// <summary>A layer that is another place's value: what came through a substitution looks back there.</summary>
internal sealed class CellNode(HoconOrigin origin, Cell cell) : Node(origin)
{
    public Cell Cell { get; } = cell;

    public override bool HasReferences => true;
}
