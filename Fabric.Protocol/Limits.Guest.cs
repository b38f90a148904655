namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>The embedded hypervisor and its guest.</summary>
    public static class Guest
    {
        /// <summary>A page, as on x86-64 and in QEMU's stream.</summary>
        public const int PageSize = 4096;

        /// <summary>
        /// 16 TiB are 2^32 pages; page numbers here are 32 bits with a sign: 8 TiB, less the last page.
        /// </summary>
        public const long MemoryBytesMax = int.MaxValue * (long)PageSize;

        /// <summary>
        /// Of the data pages, what a booted guest has written; the rest is zero, as memory never used.
        /// </summary>
        public const int ResidentPercent = 75;

        /// <summary>One operation of the boot: 1 MiB.</summary>
        public const int BootPagesPerOperation = 256;

        /// <summary>At 1,000 operations a second, all of 128 MiB (32,768 pages) is looked at every 33 s.</summary>
        public const int ScanPagesPerOperation = 1;

        /// <summary>The rate that stands for "as the program has it".</summary>
        public const long RateOfProgram = -2;

        /// <summary>The rate that stands for "as many as go".</summary>
        public const long RateUnbounded = -1;

        /// <summary>A rate over this is a slip: an operation takes some 200 ns.</summary>
        public const long RateMax = 10_000_000;

        /// <summary>Between two heartbeats, in the guest's time: 20 a second.</summary>
        public const int HeartbeatMs = 50;

        /// <summary>Operations are counted in slots of this length.</summary>
        public const int OperationSlotMs = 10;

        /// <summary>
        /// Slots kept: 6,000 x 10 ms = 60 s, at 4 bytes 24 KiB. As JSON below 64 KiB of a monitor's line.
        /// </summary>
        public const int OperationSlotsMax = 6_000;

        /// <summary>
        /// Operations owed after a pause or a lack of processor: 50 ms' worth, then they are dropped.
        /// </summary>
        public const int CatchUpMs = 50;

        /// <summary>Operations between two looks at the clock: 64 x 1 us, well below a slot.</summary>
        public const int OperationsPerLook = 64;

        /// <summary>What others ask of the vCPU's thread and that it has not done yet: a handful of monitors.</summary>
        public const int RequestsMax = 64;

        /// <summary>
        /// Lines that a reader of the serial port has not taken; then they go to the log only: 12 s of them.
        /// </summary>
        public const int SerialLinesMax = 256;

        /// <summary>A command on the serial port.</summary>
        public const int SerialCommandMax = 128;

        /// <summary>One command on a monitor; the driver's own bound.</summary>
        public const int CommandBytesMax = Qemu.CommandBytesMax;

        /// <summary>Events and answers that a monitor's reader has not taken; then the connection is closed.</summary>
        public const int MonitorLinesMax = 2_048;

        /// <summary>
        /// What is gathered before it is sent, and what is read at once: 64 pages, as the relay's frames.
        /// </summary>
        public const int StreamBufferBytes = 256 * 1024;

        /// <summary>
        /// Pages pushed between two looks at what the target's guest waits for: 64 KiB, below 1 ms at 100 MB/s.
        /// </summary>
        public const int PostcopyPages = 16;

        /// <summary>Answers of a target: a request has some 20 bytes, a bitmap is gathered by its reader.</summary>
        public const int ReturnPathBufferBytes = 16 * 1024;

        /// <summary>Pages that are sent one after the other before the order leaps: 256 KiB, one send.</summary>
        public const int OrderRunPages = 64;

        /// <summary>
        /// Pieces of one gathered write: the kernel takes 1,024 (IOV_MAX), which are 512 pages with their heads.
        /// </summary>
        public const int VectorsMax = 1024;

        /// <summary>
        /// With a bandwidth limit, what is sent at once: a hundredth of a second's worth, 1 page at least.
        /// </summary>
        public const int SendsPerSecond = 100;

        /// <summary>
        /// Pages between two looks at the dirty log, the clock and orders: 4 MiB, 3 to 10 ms at full speed.
        /// </summary>
        public const int BatchPages = 1_024;

        /// <summary>Bandwidth is measured over at least this, as QEMU does.</summary>
        public const int BandwidthWindowMs = 100;

        /// <summary>Clark's bound: Xen sends 29 rounds and then the last.</summary>
        public const int RoundsMax = 29;

        /// <summary>
        /// Clark's bound: more than this many times the memory sent, and pre-copy does not pay any more.
        /// </summary>
        public const int MemoryTimesMax = 3;

        /// <summary>QEMU's default, bytes a second: 128 MiB.</summary>
        public const long BandwidthDefault = 128L << 20;

        /// <summary>QEMU's default.</summary>
        public const int DowntimeLimitMsDefault = 300;

        /// <summary>QEMU's own bound: 2,000 s.</summary>
        public const int DowntimeLimitMsMax = 2_000_000;

        /// <summary>Auto-converge looks at a guest's dirtying at most this often, as QEMU's does.</summary>
        public const int ThrottlePeriodMs = 1_000;

        /// <summary>Periods of too much dirtying before the guest is slowed, as in QEMU.</summary>
        public const int ThrottlePeriods = 2;

        /// <summary>An error's text: a path of PATH_MAX is not shown whole.</summary>
        public const int ErrorLengthMax = 512;

        /// <summary>For a monitor's reader to take what was said last, before its connection is closed.</summary>
        public const int LastWordsMs = 200;

        /// <summary>Depth of a command's JSON: the deepest known, set-capabilities, has 4.</summary>
        public const int CommandDepthMax = 16;
    }
}
