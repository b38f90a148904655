namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>How fast a migration sends.</summary>
    public static class Rate
    {
        /// <summary>Clark's increment: 50 Mbit/s above the guest's dirtying rate.</summary>
        public const long Increment = 50_000_000 / 8;

        /// <summary>
        /// What may be sent at once after a rest: 100 KiB as in Xen, but no less than a hundredth of a second's worth,
        /// or a timer that is good to a millisecond could not fill a fast line.
        /// </summary>
        public const long BurstBytesMin = 100 * 1024;

        /// <summary>Bursts a second.</summary>
        public const int BurstsPerSecond = 100;

        /// <summary>
        /// A line that carries less than this share of the rate, in percent, has no more: hypervisors keep their limits to
        /// about a tenth.
        /// </summary>
        public const int FilledPercent = 80;

        /// <summary>The least rate: 64 KiB a second, sixteen pages.</summary>
        public const long BytesPerSecondMin = 64 * 1024;

        /// <summary>The most: below 8 TiB a second; times a year in milliseconds it stays a 64-bit number.</summary>
        public const long BytesPerSecondMax = (1L << 43) - 1;

        /// <summary>Migrations that share a budget: 64 a host, both ends, 32 hosts on a site's line.</summary>
        public const int SharersMax = 4_096;
    }
}
