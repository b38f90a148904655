namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>QEMU's migration stream and its return path, as they are read.</summary>
    public static class Stream
    {
        /// <summary>A page of x86; the low 12 bits of an offset carry flags.</summary>
        public const int PageSize = 4096;

        /// <summary>A name has one byte of length.</summary>
        public const int NameBytesMax = 255;

        /// <summary>The longest machine type that QEMU knows has 24 characters; ten times that.</summary>
        public const int MachineBytesMax = 256;

        /// <summary>QEMU has 30 capabilities, of which two are written; twice all of them.</summary>
        public const int CapabilitiesMax = 64;

        /// <summary>32 devices with up to 4 blocks (ROM, video memory, tables), the board's 10: 138; twice that.</summary>
        public const int RamBlocksMax = 256;

        /// <summary>All devices of a q35 have 124 KB; eight times that.</summary>
        public const int DeviceBytesMax = 1 << 20;

        /// <summary>A stream in the stream holds the devices' state: 124 KB for q35, 16 times <see cref="DeviceBytesMax"/>.</summary>
        public const int PackageBytesMax = 16 * DeviceBytesMax;

        /// <summary>
        /// The longest construct that is gathered in one piece: a device, its head (1 + 4 + 256 + 4 + 4 + 4) and footer
        /// (5), so 278 bytes more than its body; the list of RAM has 8 + 256 x (256 + 8 + 8) = 69,640 bytes at most, a
        /// command 5 + 65,535.
        /// </summary>
        public const int ConstructBytesMax = DeviceBytesMax + 278;

        /// <summary>One page with its head (8 + 256 + 4,096) fits, and most of what is cut by a chunk's end is one.</summary>
        public const int HeldBytesMin = 8 * 1024;

        /// <summary>Ranges in one discard command: QEMU's MAX_DISCARDS_PER_COMMAND.</summary>
        public const int DiscardRangesMax = 12;

        /// <summary>A bit for each page, in one piece: 512 KiB are 2^22 pages, a block of 16 GiB.</summary>
        public const int BitmapBytesMax = 512 * 1024;
    }
}
