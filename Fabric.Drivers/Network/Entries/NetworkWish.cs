namespace Fabric.Drivers.Network;

/// <summary>How an entry is wished for.</summary>
internal enum WishKind
{
    /// <summary>It is there with this value.</summary>
    Present = 1,

    /// <summary>Nothing is there.</summary>
    Absent,

    /// <summary>If it is there, it has another value: what others put there is left.</summary>
    NotThis,
}

/// <summary>One thing that a step wants.</summary>
/// <param name="Kind">How.</param>
/// <param name="Entry">Of what.</param>
internal readonly record struct NetworkWish(WishKind Kind, NetworkEntry Entry)
{
    /// <summary>Several machines of one host use it: going back leaves it while one of them does.</summary>
    public bool IsShared { get; init; }

    public static NetworkWish For(NetworkEntry entry) => new(WishKind.Present, entry);

    public static NetworkWish Shared(NetworkEntry entry) => new(WishKind.Present, entry) { IsShared = true };

    public static NetworkWish Without(NetworkEntry entry) => new(WishKind.Absent, entry);

    public static NetworkWish Not(NetworkEntry entry) => new(WishKind.NotThis, entry);

    public bool IsFulfilledBy(NetworkEntry? found) => Kind switch
    {
        WishKind.Present => Entry.Accepts(found),
        WishKind.Absent => found is null,
        _ => !Entry.Accepts(found),
    };

    /// <inheritdoc/>
    public override string ToString() => Kind == WishKind.Present ? $"{Entry}" : $"no {Entry}";
}
