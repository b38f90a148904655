namespace Fabric.Host.Bench.Wan;

/// <summary>How a guest is moved; a closed list.</summary>
public enum MoveWay
{
    /// <summary>QEMU to QEMU over TCP, as it comes.</summary>
    QemuPlain = 1,

    /// <summary>The same with XBZRLE: deltas of pages that are sent again.</summary>
    QemuXbzrle,

    /// <summary>The same with two multifd channels that compress with zstd.</summary>
    QemuMultifdZstd,

    /// <summary>Through the fabric, with TLS.</summary>
    Fabric,
}
