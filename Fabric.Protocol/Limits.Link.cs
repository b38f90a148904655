namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>The data link: channels of bytes over connections that may be cut.</summary>
    public static class Link
    {
        /// <summary>
        /// Channels have the numbers 1 to 7: two of the guest's stream, two for the agents themselves, three to grow.
        /// </summary>
        public const int ChannelsMax = 8;

        /// <summary>Connections of one link. Four fill the processors of a host with TLS; four times that.</summary>
        public const int ConnectionsMax = 16;

        /// <summary>
        /// Bytes sent and not acknowledged, of the guest's memory; also what a receiver must be able to hold. Rate x
        /// round trip: 1 Gbit/s x 134 ms, or 10 Gbit/s x 13 ms, is 16 MiB. Held only while a path needs them.
        /// </summary>
        public const int WindowBytes = 16 * 1024 * 1024;

        /// <summary>
        /// The same for answers and for the agents: a message of them has some KiB, and this holds 100.
        /// </summary>
        public const int SmallWindowBytes = 1024 * 1024;

        /// <summary>
        /// Frames under way in one channel; a full window is 64 frames of 256 KiB, four times that for smaller ones.
        /// A receiver can hold as many out of order, so that none of them ever blocks a connection for another's.
        /// </summary>
        public const int FramesMax = 256;

        /// <summary>
        /// Bytes after which a receiver acknowledges at once: a sixteenth of the window, 1 MiB or 64 KiB. The window
        /// never runs dry for want of an acknowledgement, and 4 frames cost one of 24 bytes.
        /// </summary>
        public const int AcksPerWindow = 16;

        /// <summary>Frames up to this size are gathered in shared buffers: a buffer holds 4 of them at least.</summary>
        public const int PackedMax = 64 * 1024;

        /// <summary>
        /// Buffers of one direction, made when they are needed. Of what is not packed, each holds more than 64 KiB:
        /// 16 MiB / 64 KiB = 256, and as many hold what is. A full window of large frames is 64.
        /// </summary>
        public const int BlocksMax = 2 * (WindowBytes / PackedMax);

        /// <summary>A sign of life after this much silence; a default.</summary>
        public const int HeartbeatMsDefault = 2_000;

        /// <summary>Less would tell of a busy processor, not of a dead path.</summary>
        public const int HeartbeatMsMin = 100;

        /// <summary>More would let TCP's own limit (30 s) come first.</summary>
        public const int HeartbeatMsMax = 10_000;

        /// <summary>
        /// Missed signs of life after which a path is dead: 4 x 2 s = 8 s, over three retransmissions (0.2 + 0.4 + 0.8
        /// + 1.6 s) of a lost one.
        /// </summary>
        public const int DeadBeats = 4;

        /// <summary>
        /// Round trips of which the least counts: with a sign of life each 2 s, what the path was like in the last 16 s.
        /// </summary>
        public const int RoundTripsKept = 8;

        /// <summary>Looks, a tick apart, over which the bytes a second are counted: 2 s, two rounds of a slow guest.</summary>
        public const int GoodputLooks = 20;

        /// <summary>Between two looks at silence, patience and what is unacknowledged: ten a second.</summary>
        public const int TickMs = 100;

        /// <summary>First try of a lost connection; a route that flaps is back at once.</summary>
        public const int RetryMsMin = 100;

        /// <summary>
        /// The doubling ends here: a healed path is used a second later at most, for a guest may stand still.
        /// </summary>
        public const int RetryMsMax = 1_000;

        /// <summary>A path between sites: a round trip within one takes 0.1 to 1 ms. In microseconds.</summary>
        public const int LongPathUs = 2_000;

        /// <summary>A congestion control's name: the kernel's TCP_CA_NAME_MAX, with its closing zero.</summary>
        public const int CongestionNameMax = 16;

        /// <summary>One try to make a lost connection anew: a handshake's time, 20 round trips of 500 ms.</summary>
        public const int RedialTimeoutMs = Relay.HandshakeTimeoutMs;

        /// <summary>
        /// How long a link may be without any connection; a default. An hour is the deadline of a migration: it ends
        /// first, and says so.
        /// </summary>
        public const int ReconnectForMsDefault = 3_600_000;

        /// <summary>A day: a maintenance window, and far below what memory of a source can wait.</summary>
        public const int ReconnectForMsMax = 86_400_000;

        /// <summary>
        /// After both sides have ended, one may wait for the other's last acknowledgement: a re-made path takes 8 s to
        /// be found dead, 1 s of back-off and a handshake of 10 s; twice that, and a tick of either side.
        /// </summary>
        public const int LingerMs = 40_000;

        /// <summary>
        /// Bytes of the link are numbered with 63 bits: at 100 Gbit/s they last for 23 years, so no number comes twice.
        /// </summary>
        public const long OffsetMax = long.MaxValue - Relay.PayloadMax - 1;

        /// <summary>The secret that proves a connection to be of the same link: 256 bits of chance.</summary>
        public const int SecretSize = 32;
    }
}
