namespace Fabric.Actors.Coordination;

/// <summary>Kinds of entities, and first parts of their streams' names.</summary>
public static class EntityKinds
{
    /// <summary>A VM at the coordinator.</summary>
    public const string Vm = "vm";

    /// <summary>A migration.</summary>
    public const string Migration = "migration";

    /// <summary>A host at the coordinator.</summary>
    public const string Host = "host";

    /// <summary>A link between sites; it has no stream.</summary>
    public const string WanLink = "wan-link";

    /// <summary>Where the VMs of all overlays are; there is one, and it has no stream.</summary>
    public const string Overlays = "overlays";

    /// <summary>A site; it has no stream.</summary>
    public const string Site = "site";

    /// <summary>A host's copy of a VM.</summary>
    public const string Copy = "copy";
}
