namespace Fabric.Host.Hocon.Resolve;

internal sealed class LazyScalar(HoconScalar value, bool isSpace = false) : Lazy(value.Origin)
{
    public HoconScalar Value { get; } = value;

    public bool IsSpace { get; } = isSpace;
}
