using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>
/// What a relay does with bytes on their way; without it they pass as they are. Outward calls come from the outward
/// loop's thread, inward calls from the inward loop's.
/// </summary>
internal interface IRelayWork : IDisposable
{
    /// <summary>QEMU's bytes are given to <see cref="Out"/>; otherwise the relay sends them by itself.</summary>
    bool WorksOutward { get; }

    /// <summary>The relay begins; QEMU is not there yet, and nothing is sent.</summary>
    void Begin(LinkSink link);

    /// <summary>Bytes from QEMU; <paramref name="rests"/> when it has no more for now.</summary>
    void Out(ReadOnlySpan<byte> bytes, bool rests);

    /// <summary>QEMU has closed.</summary>
    void OutEnds();

    /// <summary>Bytes from the link; what they become for QEMU goes into the sink.</summary>
    void In(ReadOnlySpan<byte> bytes, IByteSink qemu);

    /// <summary>The peer's channel has ended.</summary>
    void InEnds(IByteSink qemu);

    /// <summary>The relay ends: nobody waits any more. Any thread.</summary>
    void Release();
}
