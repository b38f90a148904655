namespace Fabric.Host.Bench.Sites;

/// <summary>How a guest goes from site to site; a closed list.</summary>
public enum SiteWay
{
    /// <summary>Through the fabric, with TLS.</summary>
    Fabric = 1,

    /// <summary>QEMU to QEMU: a mirror over NBD, then a plain migration; routes are turned by the bench.</summary>
    QemuAlone,
}
