namespace Fabric.Host.Hocon;

public sealed class HoconArray : HoconValue
{
    internal HoconArray(HoconOrigin origin, IReadOnlyList<HoconValue> items)
        : base(origin, 1 + items.Sum(i => i.Weight), 1 + items.Select(i => i.Height).DefaultIfEmpty(0).Max()) =>
        Items = items;

    public override string KindName => "an array";

    public IReadOnlyList<HoconValue> Items { get; }
}
