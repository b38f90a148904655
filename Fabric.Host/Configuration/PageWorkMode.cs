namespace Fabric.Host.Configuration;

/// <summary>Whether anything is done with pages.</summary>
public enum PageWorkMode
{
    /// <summary>The hypervisor's stream passes unread.</summary>
    Off,

    /// <summary>What pays, as link and processor say.</summary>
    Auto,
}
