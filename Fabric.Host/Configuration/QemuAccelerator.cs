namespace Fabric.Host.Configuration;

public enum QemuAccelerator
{
    /// <summary>KVM where /dev/kvm can be opened, else TCG.</summary>
    Auto = 1,
    Kvm,
    Tcg,
}
