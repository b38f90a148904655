namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>The VMs' networks and their moves.</summary>
    public static class Network
    {
        /// <summary>IFNAMSIZ is 16, with the closing zero.</summary>
        public const int LinkNameLengthMax = 15;

        /// <summary>What Ethernet carries.</summary>
        public const int MtuDefault = 1500;

        /// <summary>The least that IPv4 asks of a link (RFC 791).</summary>
        public const int MtuMin = 68;

        /// <summary>The least that IPv6 asks of a link (RFC 8200).</summary>
        public const int MtuMinV6 = 1280;

        /// <summary>Jumbo frames; 9,216 is the most that switches commonly pass.</summary>
        public const int MtuMax = 9_216;

        /// <summary>24 bits number the overlays.</summary>
        public const int VniMax = (1 << 24) - 1;

        /// <summary>VXLAN over IPv4: 14 Ethernet + 8 VXLAN + 8 UDP + 20 IP. Over IPv6 20 more.</summary>
        public const int VxlanOverheadV4 = 14 + 8 + 8 + 20;

        /// <summary>As <see cref="VxlanOverheadV4"/>, with IPv6's head of 40.</summary>
        public const int VxlanOverheadV6 = 14 + 8 + 8 + 40;

        /// <summary>
        /// Addresses of one VM: each is a route, a neighbour and a read of both, about 0.1 ms in all.
        /// </summary>
        public const int AddressesMax = 16;

        /// <summary>Hosts of one overlay: as many as one coordinator has.</summary>
        public const int MembersMax = NodeLink.HostsMax;

        /// <summary>
        /// VMs of overlays that a host is told of: about 0.5 KiB each, 8 MiB in all, and two entries of the kernel's tables.
        /// </summary>
        public const int OverlayPlacesMax = 16_384;

        /// <summary>
        /// VMs that were removed, of which a host is told when it connects: those of a day on which one is removed each
        /// 90 s. A host that was away for longer keeps two entries of its tables that lead to nobody.
        /// </summary>
        public const int OverlayGoneMax = 1_024;

        /// <summary>Moves whose detours a host tells of: 100 bytes each, in each of its facts.</summary>
        public const int DetoursMax = 32;

        /// <summary>
        /// Packets that a TAP keeps while the guest stands still, so that the pause loses none: 0.5 s of 200 Mbit/s in
        /// packets of 1,500 bytes are 8,300; 8,192 x 1,500 bytes = 12 MiB at the worst.
        /// </summary>
        public const int TapQueuePackets = 8_192;

        /// <summary>One message to the kernel: a link with all its settings takes about 300 bytes.</summary>
        public const int NetlinkRequestBytesMax = 4 * 1024;

        /// <summary>One datagram of the kernel: it sends at most 32 KiB at once.</summary>
        public const int NetlinkReplyBytesMax = 64 * 1024;

        /// <summary>An answer of the kernel. It takes microseconds; behind a busy RTNL lock seconds.</summary>
        public const int NetlinkTimeoutMs = 10_000;

        /// <summary>A dump is begun anew when the table changed under it, or a part was lost.</summary>
        public const int NetlinkDumpTriesMax = 5;

        /// <summary>
        /// Datagrams of one answer: a full table of routes (1 M x 60 bytes / 32 KiB) eight times over.
        /// </summary>
        public const int NetlinkDatagramsMax = 16_384;

        /// <summary>The kernel's words in an error.</summary>
        public const int KernelTextLengthMax = 256;

        /// <summary>Rounds of announcements at 0, 50, 200, 450 and 800 ms, as QEMU spaces them.</summary>
        public static IReadOnlyList<int> AnnounceAtMs { get; } = [0, 50, 200, 450, 800];

        /// <summary>An ARP question: asked three times, 300 ms each, across a WAN of 200 ms.</summary>
        public const int ProbeTries = 3;

        /// <summary>Until a question is asked again.</summary>
        public const int ProbeTryMs = 300;

        /// <summary>A day: longer, and a move would be seen by nobody.</summary>
        public const int DnsTtlSecondsMax = 86_400;

        /// <summary>A name of DNS in text, without its last dot: 255 octets - 2.</summary>
        public const int DnsNameLengthMax = 253;

        /// <summary>A server's answer to an update: one round trip of 500 ms and its disk, three times.</summary>
        public const int DnsTimeoutMs = 3_000;

        /// <summary>How far a server's clock may be off: the 5 minutes that RFC 8945 recommends.</summary>
        public const int DnsSkewMs = 300_000;

        /// <summary>Tries to tell a server; an update is the same when it comes twice.</summary>
        public const int DnsTries = 3;

        /// <summary>Notes of a move: 64 entries of about 300 bytes, with room.</summary>
        public const int NoteBytesMax = 256 * 1024;

        /// <summary>Open notes of one host: each of 512 VMs, twice.</summary>
        public const int NotesMax = 1_024;

        /// <summary>
        /// How long a guest that is let run waits for its network to turn: a flip takes 0.1 ms, behind a busy lock of the
        /// kernel longer; then it runs, and the flip goes on beside it.
        /// </summary>
        public const int FlipWaitMs = 100;

        /// <summary>
        /// From the guest's run to the end of its tunnel: what was still under way to the source is there within a round
        /// trip and the source's release, a few seconds on the worst path.
        /// </summary>
        public const int SettleMs = 10_000;

        /// <summary>First wait before a step that failed is tried again; it doubles.</summary>
        public const int RetryMsMin = 250;

        /// <summary>Longest wait between two tries: an operator who has mended it sees it at once.</summary>
        public const int RetryMsMax = 30_000;

        /// <summary>
        /// What waits for whoever hears an interface's frames, as the kernel counts (twice this): a WAN of 200 Mbit/s fills it
        /// in half a second.
        /// </summary>
        public const int EarBufferBytes = 8 << 20;

        /// <summary>Routers that one host looks after: each costs a move two steps of about 1 ms.</summary>
        public const int RoutersMax = 16;
    }
}
