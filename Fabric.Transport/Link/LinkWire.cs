using System.Net.Sockets;

namespace Fabric.Transport.Link;

/// <summary>
/// One made connection, on which both sides have agreed. Its calls block and end when it is disposed of. Its socket
/// must never have seen an asynchronous call: from then on, .NET would wake a thread of its own for each arrival before
/// it wakes the one that waits.
/// </summary>
/// <param name="Stream">Bytes both ways.</param>
/// <param name="Tail">Where the records of TLS gather; null without TLS.</param>
/// <param name="Socket">Under it, for the kernel's counters; null where there is none.</param>
internal sealed record LinkWire(Stream Stream, RecordCoalescer? Tail, Socket? Socket = null)
{
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Stream.Write(bytes);
        Tail?.Push();
    }

    /// <summary>The socket first: it ends the calls under way, of which TLS knows nothing.</summary>
    public void Close()
    {
        Tail?.Dispose();
        Stream.Dispose();
    }
}
