namespace Fabric.Host.Configuration;

/// <summary>What runs a host's machines.</summary>
public enum HypervisorKind
{
    /// <summary>QEMU, as it is installed.</summary>
    Qemu = 1,

    /// <summary>The hypervisor that comes with this program, whose guests run its own programs.</summary>
    Embedded,
}
