using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>The name of a site: hosts with a fast network among them.</summary>
[JsonConverter(typeof(NameJsonConverter<SiteId>))]
public readonly record struct SiteId(string Value) : IName<SiteId>
{
    /// <summary>Makes the id, or throws <see cref="FormatException"/> that says what a name may be.</summary>
    public static SiteId Of(string value) => new(Names.Checked(value, "site"));

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The link between two sites, with what all migrations over it, both ways, may take of it.</summary>
/// <param name="One">A site.</param>
/// <param name="Other">Another.</param>
/// <param name="BandwidthMax">Bytes a second; 0 is unlimited.</param>
/// <param name="MigrationsMax">At one time; 0 is unlimited.</param>
public sealed record WanLink(SiteId One, SiteId Other, long BandwidthMax, int MigrationsMax)
{
    /// <summary>A name that no other link has: '~' is in no site's name.</summary>
    public string Name => string.CompareOrdinal(One.Value, Other.Value) <= 0 ? $"{One}~{Other}" : $"{Other}~{One}";

    /// <inheritdoc/>
    public override string ToString() => $"{One} - {Other}";
}

/// <summary>Which host is where, and what lies between.</summary>
/// <param name="SiteOf">The site of each host that has one.</param>
/// <param name="Links">By their names.</param>
public sealed record SiteMap(IReadOnlyDictionary<HostId, SiteId> SiteOf, IReadOnlyDictionary<string, WanLink> Links)
{
    /// <summary>No sites: nothing is between any two hosts.</summary>
    public static SiteMap None { get; } =
        new(new Dictionary<HostId, SiteId>(), new Dictionary<string, WanLink>(StringComparer.Ordinal));

    /// <summary>The link between two hosts; null within a site, for a host without one, and where none is known.</summary>
    public WanLink? Between(HostId source, HostId target) =>
        SiteOf.TryGetValue(source, out var one) && SiteOf.TryGetValue(target, out var other) && one != other
            ? Links.GetValueOrDefault(new WanLink(one, other, 0, 0).Name)
            : null;
}
