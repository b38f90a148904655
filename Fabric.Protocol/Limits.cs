namespace Fabric.Protocol;

/// <summary>
/// Every bound of the fabric, in one place, each with its arithmetic. Sizes are in bytes and times in
/// milliseconds unless the name says otherwise. A bound that operators may change is a default here and a key
/// in <c>HOCON/reference.conf</c>; the others are part of the design.
/// </summary>
public static class Limits
{
    /// <summary>Names of VMs, hosts and migrations.</summary>
    public static class Names
    {
        /// <summary>A DNS label: what can stand in a host name, a file name and a certificate's subject.</summary>
        public const int LengthMax = 63;
    }

    /// <summary>What a VM may be made of.</summary>
    public static class Vm
    {
        /// <summary>16 MiB: less does not boot a kernel.</summary>
        public const long MemoryKiBMin = 16 * 1024;

        /// <summary>4 TiB: beyond every host that this was tried on, below overflow of any sum of 2^20 VMs.</summary>
        public const long MemoryKiBMax = 4L * 1024 * 1024 * 1024;

        /// <summary>QEMU's q35 machine takes up to 288 without further options.</summary>
        public const int VcpusMax = 288;

        /// <summary>The kernel's own limit for a command line on x86 is 2,048 characters.</summary>
        public const int AppendLengthMax = 2048;

        /// <summary>A PCI bus has 32 slots.</summary>
        public const int DevicesMax = 32;

        /// <summary>The longest single argument: PATH_MAX.</summary>
        public const int ArgumentLengthMax = 4096;
    }

    /// <summary>The actor runtime.</summary>
    public static class Actors
    {
    }

    /// <summary>The journal and the host's ledger, which is a journal too.</summary>
    public static class Journal
    {
    }

    /// <summary>The node link: JSON over one WebSocket per host.</summary>
    public static class NodeLink
    {
    }

    /// <summary>The data link and the relay.</summary>
    public static class Relay
    {
        /// <summary>The head of every frame: type 1, channel 1, zero 2, length 4.</summary>
        public const int HeaderSize = 8;

        /// <summary>
        /// The most payload in one frame. Head and payload together are 256 KiB: 64 pages, and sixteen full TLS
        /// records of 16 KiB, so that no write ends in a record of a few bytes.
        /// </summary>
        public const int PayloadMax = (256 * 1024) - HeaderSize;

        /// <summary>Two buffers for each relay, and 64 relays on one host at a time: 128 x 256 KiB = 32 MiB.</summary>
        public const int BuffersMax = 128;

        /// <summary>
        /// Unsent bytes that the kernel may hold for the link (TCP_NOTSENT_LOWAT). Bytes in flight are not limited by
        /// it, so a long fat path stays full, and yet QEMU feels the path at most half a frame later.
        /// </summary>
        public const int NotSentLowWater = 128 * 1024;

        /// <summary>Send buffer of the socket towards the target's QEMU: one frame. The kernel doubles it.</summary>
        public const int QemuSendBuffer = 128 * 1024;

        /// <summary>From the TCP connection to the answer to the hello: 20 round trips of 500 ms.</summary>
        public const int HandshakeTimeoutMs = 10_000;

        /// <summary>From the name lookup to the answer to the hello: the handshake twice over, for lost SYNs.</summary>
        public const int ConnectTimeoutMs = 2 * HandshakeTimeoutMs;

        /// <summary>Handshakes at a time; one more ends the oldest. 64 x about 100 KiB for TLS = 6.4 MiB.</summary>
        public const int HandshakesMax = 64;

        /// <summary>Connections that wait to be accepted: one round of handshakes.</summary>
        public const int Backlog = HandshakesMax;

        /// <summary>After a failed accept (no file descriptors left): ten tries a second.</summary>
        public const int AcceptRetryMs = 100;

        /// <summary>A ticket is 256 bits of chance.</summary>
        public const int TicketSize = 32;

        /// <summary>Tickets known at a time: 64 relays, each with 15 spent tickets of earlier attempts.</summary>
        public const int TicketsMax = 1024;

        /// <summary>A source must come within this: preparing it takes seconds, a minute of patience on top.</summary>
        public const int TicketLifetimeMs = 120_000;

        /// <summary>
        /// A write that makes no progress for this long is a stall. With one frame a write, this asks for
        /// 256 KiB / 20 s = 13 KiB/s at least.
        /// </summary>
        public const int StallMs = 20_000;

        /// <summary>How often stalls are looked for: a stall is seen 20 to 25 s after it began.</summary>
        public const int StallCheckMs = StallMs / 4;

        /// <summary>
        /// Sent bytes unacknowledged (or a window closed) for this long end the connection. Above StallMs +
        /// StallCheckMs = 25 s, so that a hung QEMU is named before the path is blamed.
        /// </summary>
        public const int TcpUserTimeoutMs = 30_000;

        /// <summary>An idle path is probed after this; a dead one is noticed at 10 + 4 x 5 = 30 s.</summary>
        public const int KeepAliveIdleS = 10;

        /// <summary>Between probes.</summary>
        public const int KeepAliveIntervalS = 5;

        /// <summary>Probes without an answer.</summary>
        public const int KeepAliveProbes = 4;

        /// <summary>How long an abort waits for the frame under way, then cuts: 256 KiB at 2 Mbit/s.</summary>
        public const int AbortSendMs = 1_000;

        /// <summary>
        /// How long a failed write waits for the reader to find the peer's reason, which may lie unread: one round
        /// trip of 500 ms and as much again.
        /// </summary>
        public const int VerdictGraceMs = 1_000;

        /// <summary>A UNIX socket path is at most 107 bytes and a zero (sockaddr_un).</summary>
        public const int SocketPathMax = 107;
    }

    /// <summary>QMP and the QEMU processes behind it.</summary>
    public static class Qemu
    {
    }

    /// <summary>Configuration files.</summary>
    public static class Hocon
    {
    }
}
