namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>The impairment proxy, a WAN in a box.</summary>
    public static class Impair
    {
        /// <summary>What is read at once: as much as the kernel hands over in one piece on loopback.</summary>
        public const int PieceBytesMax = 64 * 1024;

        /// <summary>
        /// With a rate, a piece takes no longer than this on the line, or connections would wait for each other in
        /// leaps: a hundredth of a second.
        /// </summary>
        public const int PieceMs = 10;

        /// <summary>The least piece, and what one loss takes away: a segment on an Ethernet, 1500 - 20 - 32.</summary>
        public const int SegmentBytes = 1448;

        /// <summary>
        /// A connection may be this far ahead of the line, twice a piece's time: then a reader that wakes late, as on
        /// a busy machine, leaves no gap on the line.
        /// </summary>
        public const int AheadMs = 2 * PieceMs;

        /// <summary>
        /// A gap that the proxy itself made, by waking later than that, is made good up to this; ten pieces.
        /// </summary>
        public const int CatchUpMs = 10 * PieceMs;

        /// <summary>Bytes under way of a connection and direction, at least: four pieces.</summary>
        public const int WindowBytesMin = 4 * PieceBytesMax;

        /// <summary>
        /// Bytes under way of a connection and direction, at most: 1 Gbit/s x 200 ms one way are 25 MB. In between it
        /// is rate x (delay + jitter + AheadMs + a stall of one round trip).
        /// </summary>
        public const int WindowBytesMax = 32 << 20;

        /// <summary>
        /// Pieces under way of a connection and direction: small ones, of 8 bytes in the mean, fill 32 KiB.
        /// </summary>
        public const int PiecesMax = 4_096;

        /// <summary>
        /// Connections at the same time: a migration has 16 at most, four migrations 64. With full windows both ways
        /// 64 x 2 x 32 MiB = 4 GiB; at 200 Mbit/s and 25 ms, 64 x 2 x 2.6 MB.
        /// </summary>
        public const int ConnectionsMax = 64;

        /// <summary>The longest delay and jitter, one way: ten times a satellite's.</summary>
        public const int DelayMsMax = 5_000;

        /// <summary>The slowest line, bytes a second: one piece of 1448 bytes takes a second and a half.</summary>
        public const long RateMin = Faults.RateMin;

        /// <summary>The fastest line, bytes a second: 80 Gbit/s, more than loopback carries.</summary>
        public const long RateMax = 10_000_000_000;

        /// <summary>Half of all segments lost: no TCP carries anything worth the name any more.</summary>
        public const double LossMax = 0.5;

        /// <summary>The least time in which a lost segment is sent again, when there is no delay.</summary>
        public const int RetransmitMsMin = 1;

        /// <summary>When what was sent again is lost as well: Linux's least time-out.</summary>
        public const int RetransmitTimeoutMs = 200;

        /// <summary>A cut is an hour at most.</summary>
        public const int CutMsMax = 3_600_000;

        /// <summary>Cuts of a plan, and when the last may begin: one an hour for a day.</summary>
        public const int CutsMax = 24;

        /// <summary>When the last cut of a plan may begin: a day.</summary>
        public const int CutAtMsMax = 86_400_000;

        /// <summary>
        /// A wire's queue when none is said: a tenth of a second, as routers at the ends of a WAN have; 2.5 MB at
        /// 200 Mbit/s.
        /// </summary>
        public const int QueueMs = 100;

        /// <summary>The longest queue of a wire, in time: as long as the longest delay.</summary>
        public const int QueueMsMax = DelayMsMax;

        /// <summary>
        /// Bytes under way on a wire, each direction: those of 1 Gbit/s x (100 ms + a queue of 100 ms) are 25 MB. The
        /// memory of a frame that the wire has no room for is what is dropped.
        /// </summary>
        public const int WireBytesMax = 32 << 20;

        /// <summary>Frames under way on a wire, each direction: WireBytesMax in frames of 512 bytes.</summary>
        public const int WireFramesMax = 65_536;

        /// <summary>Frames read from one end before the other has its turn: at 1 Gbit/s 1.5 ms of full ones.</summary>
        public const int WireBatchFrames = 128;

        /// <summary>
        /// How far a wire's rate lags behind the clock at most: what the thread that moves frames was late by is made
        /// good up to this. At 200 Mbit/s 50 KB, less than the kernel hands over at once.
        /// </summary>
        public const int WireCatchUpMs = 2;

        /// <summary>
        /// From this rate on, bytes a second, the kernel may hand over 64 KiB at once, which take 10 ms of it (50
        /// Mbit/s); below, each frame comes alone, or others would wait too long behind it.
        /// </summary>
        public const long WireOffloadRateMin = 6_250_000;

        /// <summary>A wire's thread runs before ordinary programs, and after all that the kernel does itself.</summary>
        public const int WirePriority = 10;

        /// <summary>A request on the control socket: six numbers with their names take 200 bytes.</summary>
        public const int ControlLineBytesMax = 4_096;

        /// <summary>For whoever asks on the control socket to get to the point, and for its answer.</summary>
        public const int ControlTimeoutMs = 5_000;
    }
}
