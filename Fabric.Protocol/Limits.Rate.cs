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

        /// <summary>
        /// A rate is held on the wire; the hypervisor's own limit only keeps it from running far ahead. It is this many
        /// times the rate, in bytes of its stream as they pack: its limit works in steps of a tenth of a second.
        /// </summary>
        public const int GuardTimes = 2;

        /// <summary>How the stream packs is judged again after so many bytes of it, 256 pages ...</summary>
        public const long WeighedBytesMin = 1024 * 1024;

        /// <summary>... counts for no more than this, else a store that holds every page would lift the guard for ever ...</summary>
        public const double PackingMax = 1_000;

        /// <summary>... and changes the guard when it is so many percent off: each change is an order to the hypervisor.</summary>
        public const int GuardSlackPercent = 25;

        /// <summary>The least rate: 64 KiB a second, sixteen pages.</summary>
        public const long BytesPerSecondMin = 64 * 1024;

        /// <summary>The most: below 8 TiB a second; times a year in milliseconds it stays a 64-bit number.</summary>
        public const long BytesPerSecondMax = (1L << 43) - 1;

        /// <summary>Migrations that share a budget: 64 a host, both ends, 32 hosts on a site's line.</summary>
        public const int SharersMax = 4_096;

        /// <summary>Migrations that a link between sites knows of, with those that wait: as many again.</summary>
        public const int LineUsersMax = 2 * SharersMax;

        /// <summary>Links between sites: each of 32 sites with each other.</summary>
        public const int WanLinksMax = 32 * 31 / 2;

        /// <summary>
        /// A claim to a link that is not said again is void: three of the longest times between two wake-ups.
        /// </summary>
        public const int LineClaimLastsMs = 3 * 60_000;

        /// <summary>
        /// A link that has just begun to hear gives no place: after a restart, migrations say within a moment which are
        /// under way.
        /// </summary>
        public const int LineSettlesMs = 1_000;
    }
}
