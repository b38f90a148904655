using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>To a host's actor: say again where it is, if it is known.</summary>
public sealed record PlaceAsked
{
    /// <summary>The only one.</summary>
    public static PlaceAsked Now { get; } = new();
}

/// <summary>To a link between sites: one of its sites, as it is seen now.</summary>
public sealed record SiteSeen(SiteSight Site);

/// <summary>To a link between sites: a host told what became of its question.</summary>
public sealed record LineHeard(HostId From, LineProbed Probe);

/// <summary>To a link between sites: what a migration carries over it.</summary>
public sealed record LineCarried(MigrationId Migration, LinkProgress Link);

/// <summary>What a link's actor knows.</summary>
/// <param name="Link">The link.</param>
/// <param name="Health">How it is.</param>
/// <param name="Now">The clock that the health's times are on.</param>
/// <param name="Migrations">That have a place.</param>
/// <param name="Waiting">That wait for one.</param>
public sealed record LineDescription(WanLink Link, LineHealth Health, TimeSpan Now, int Migrations, int Waiting);
