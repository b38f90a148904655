namespace Fabric.Benchmarks.Relay;

/// <summary>How the bytes go from QEMU to QEMU.</summary>
internal enum Way
{
    /// <summary>Over a UNIX socket, with nothing in between.</summary>
    Direct = 1,

    /// <summary>Through both relays, over TCP without TLS.</summary>
    Plain,

    /// <summary>Through both relays, as the product does it.</summary>
    Tls,
}
