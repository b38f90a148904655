namespace Fabric.Host.Hocon;

/// <summary>
/// A value of the resolved tree. The tree is immutable, and several places of it may hold the same value: a
/// substitution copies nothing. <see cref="Weight"/> counts as if it did, so that whoever walks the tree
/// (render, flatten) is bounded by <c>Limits.Hocon.WeightMax</c>.
/// </summary>
public abstract class HoconValue
{
    private protected HoconValue(HoconOrigin origin, long weight, int height)
    {
        Origin = origin;
        Weight = weight;
        Height = height;
    }

    public HoconOrigin Origin { get; }

    /// <summary>What the JSON word for this kind of value is, for messages.</summary>
    public abstract string KindName { get; }

    internal long Weight { get; }

    internal int Height { get; }
}
