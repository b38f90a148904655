namespace Fabric.Host.Hocon.Resolve;

internal sealed class LazyObject(HoconOrigin origin, OrderedDictionary<string, Cell> cells) : Lazy(origin)
{
    public OrderedDictionary<string, Cell> Cells { get; } = cells;
}
