namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>Disks and their copies.</summary>
    public static class Disks
    {
        /// <summary>
        /// A disk costs a data link (two windows of 1 MiB at each end) and a PCI slot; eight of 32 slots.
        /// </summary>
        public const int PerVmMax = 8;

        /// <summary>NAME_MAX is 255; 64 are left for what is put behind it (notes, and files on their way).</summary>
        public const int FileNameLengthMax = 191;
    }
}
