namespace Fabric.Host.Hocon.Resolve;

internal sealed class LazyArray(HoconOrigin origin, IReadOnlyList<Cell> items) : Lazy(origin)
{
    public IReadOnlyList<Cell> Items { get; } = items;
}
