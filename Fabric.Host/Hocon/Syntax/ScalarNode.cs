namespace Fabric.Host.Hocon.Syntax;

/// <param name="value">The value.</param>
/// <param name="isSpace">White space between two parts of a concatenation; it counts only between scalars.</param>
internal sealed class ScalarNode(HoconScalar value, bool isSpace = false) : Node(value.Origin)
{
    public HoconScalar Value { get; } = value;

    public bool IsSpace { get; } = isSpace;

    public override bool HasReferences => false;
}
