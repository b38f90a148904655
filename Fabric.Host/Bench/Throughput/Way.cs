namespace Fabric.Host.Bench.Throughput;

/// <summary>How the bytes go from QEMU to QEMU; a closed list.</summary>
public enum Way
{
    /// <summary>Over a UNIX socket, with nothing in between.</summary>
    Direct = 1,

    /// <summary>Through both relays, over one TCP connection without TLS.</summary>
    Plain,

    /// <summary>Through both relays, over one connection with TLS, as the product does it by default.</summary>
    Tls,

    /// <summary>The same over four connections.</summary>
    TlsFour,
}
