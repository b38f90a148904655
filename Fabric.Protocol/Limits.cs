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
        /// <summary>256 KiB: a host's report of 512 VMs at 512 bytes each.</summary>
        public const int MessageBytesMax = 256 * 1024;

        /// <summary>Twice the deepest message that the fabric sends (16 levels).</summary>
        public const int DepthMax = 32;

        /// <summary>Room for an order to each of 512 VMs and the answers to as many reports.</summary>
        public const int OutboundMessagesMax = 1024;

        /// <summary>2 MiB: 8 messages of the largest size. Over <see cref="HostsMax"/> hosts at most 1 GiB.</summary>
        public const int OutboundBytesMax = 8 * MessageBytesMax;

        /// <summary>Connected hosts of one coordinator.</summary>
        public const int HostsMax = 512;

        /// <summary>Reads that a message may take whatever its size; our own sender makes one frame of it.</summary>
        public const int ReadsFree = 64;

        /// <summary>
        /// Beyond <see cref="ReadsFree"/> each read must bring this much on average, so that 256 KiB take at most
        /// 64 + 4,096 reads and a flood of empty fragments ends after 64.
        /// </summary>
        public const int BytesPerReadMin = 64;

        /// <summary>First size of a receive buffer: most messages are below it.</summary>
        public const int ReceiveBufferBytes = 8 * 1024;

        /// <summary>A ping when nothing else was sent for so long.</summary>
        public const int PingEveryMs = 5_000;

        /// <summary>Four pings missed in a row: 4 x 5 s.</summary>
        public const int DeadAfterMs = 20_000;

        /// <summary>From the WebSocket's opening to the welcome: two round trips, and a busy coordinator.</summary>
        public const int HelloWithinMs = 10_000;

        /// <summary>TCP, TLS and the upgrade: five round trips, and SYN sent four times (1 + 2 + 4 + 8 s).</summary>
        public const int ConnectWithinMs = 15_000;

        /// <summary>First wait before connecting again: 512 hosts over it are one connection a millisecond.</summary>
        public const int ReconnectMsMin = 500;

        /// <summary>500 ms doubled six times is 32 s; a coordinator that comes back is found within this.</summary>
        public const int ReconnectMsMax = 30_000;

        /// <summary>
        /// A session must live this long before the wait starts from its minimum again. Otherwise two nodes with one
        /// certificate would replace each other at full speed for ever.
        /// </summary>
        public const int StableAfterMs = 30_000;

        /// <summary>What is left of a session after its close frame; then the socket is dropped.</summary>
        public const int CloseWithinMs = 2_000;

        /// <summary>Protocol versions offered in a hello.</summary>
        public const int VersionsMax = 16;

        /// <summary>An instance id: a GUID is 36 characters.</summary>
        public const int InstanceLengthMax = 64;

        /// <summary>RFC 6455: a control frame holds 125 bytes, of which the status takes 2.</summary>
        public const int CloseReasonBytesMax = 123;

        /// <summary>Each host's link, one that replaces it, and 256 for operators: 2 x 512 + 256.</summary>
        public const int ConnectionsMax = (2 * HostsMax) + 256;

        /// <summary>Body of an API request: 8 times a VM with 32 devices of 4 KiB arguments each.</summary>
        public const int BodyBytesMax = 1024 * 1024;

        /// <summary>All headers of a request together; those of a browser take about 2 KiB.</summary>
        public const int HeadersBytesMax = 16 * 1024;

        /// <summary>Headers of a request; a browser sends about 20.</summary>
        public const int HeadersMax = 64;

        /// <summary>A TLS handshake and the request's headers, each; TLS 1.3 takes one round trip.</summary>
        public const int HandshakeWithinMs = 10_000;

        /// <summary>A PEM file: a P-256 certificate takes about 1 KiB, so 64 KiB hold 64 roots.</summary>
        public const int CertificateFileBytesMax = 64 * 1024;

        /// <summary>DNS names and addresses in one certificate.</summary>
        public const int CertificateNamesMax = 32;

        /// <summary>A certificate is valid from 5 minutes ago: what clocks of hosts without NTP may differ.</summary>
        public const int CertificateSkewMs = 5 * 60 * 1000;

        /// <summary>A certificate's serial number: 128 random bits never meet twice (RFC 5280 allows 160).</summary>
        public const int CertificateSerialBytes = 16;
    }

    /// <summary>The data link and the relay.</summary>
    public static class Relay
    {
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
