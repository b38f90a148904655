namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>
    /// A disk's data link. Its windows are those of every link: 16 MiB towards the target, as QEMU has 16 requests of 1 MiB
    /// under way, and 1 MiB for answers. Eight disks hold 8 x 17 = 136 MiB at each end of a path that is slower than they
    /// are.
    /// </summary>
    public static class DiskLink
    {
        /// <summary>Before each piece: type 1, length 3.</summary>
        public const int HeadSize = 4;

        /// <summary>Head and bytes are the payload of one frame of the link.</summary>
        public const int DataMax = Relay.PayloadMax - HeadSize;

        /// <summary>
        /// A QEMU that takes none of 256 KiB for so long is let go, and may connect again. Four times a write-back of
        /// 30 s to a busy disk: an NBD server that has 16 requests under way takes none until one is done.
        /// </summary>
        public const int StallMs = 120_000;

        /// <summary>How often that is looked for: it is seen 120 to 150 s after it began.</summary>
        public const int StallCheckMs = StallMs / 4;

        /// <summary>
        /// Connections that wait for the one before them to end. QEMU has one at a time; those that it gave up meanwhile
        /// cost a round trip each.
        /// </summary>
        public const int Backlog = 4;
    }
}
