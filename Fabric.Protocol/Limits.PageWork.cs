namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>Page work between two relays: batches, tables, caches.</summary>
    public static class PageWork
    {
        /// <summary>
        /// Pages in one batch that carry bytes. 64 x 4 KiB = 256 KiB: 2 % (random) to 22 % (sparse) smaller than page by
        /// page, and less than one frame of a link when it does not compress.
        /// </summary>
        public const int BatchPagesMax = 64;

        /// <summary>Page bytes of a batch.</summary>
        public const int BatchBytesMax = BatchPagesMax * Stream.PageSize;

        /// <summary>Items of a batch: 1,024 of the longest kind (1 + 5 + 5 + 8 = 19) and some room: below 20 KiB.</summary>
        public const int MetaBytesMax = 20 * 1024;

        /// <summary>Items after which a batch is sent though it has room: see <see cref="MetaBytesMax"/>.</summary>
        public const int ItemsMax = 1024;

        /// <summary>Bytes of an unpacked batch: items, and data of as much as a batch of pages.</summary>
        public const int PlainBytesMax = MetaBytesMax + BatchBytesMax;

        /// <summary>
        /// What an unpacked batch may be larger than as it came: zstd packs 4 KiB of zeros to 20 bytes, so a factor
        /// says nothing about a bomb; the bound is the size itself, 276 KiB, whatever the factor.
        /// </summary>
        public const int PackedBytesMax = PlainBytesMax;

        /// <summary>
        /// Guest memory that is kept account of: 1 TiB are 2^28 pages, with 16 bytes of hash and 8 of index 6.4 GB at
        /// the source. A larger guest is sent without page work.
        /// </summary>
        public const long MemoryBytesMax = 1L << 40;

        /// <summary>
        /// Contents kept at the source for deltas, for each migration: 128 MiB are 32,768 pages; the writable working
        /// set of the captured guests is 16 to 64 MiB; four migrations at a time are 512 MiB. Touched as it fills.
        /// </summary>
        public const long DeltaCacheBytes = 128L << 20;

        /// <summary>What may be asked for: with more, keeping the whole guest is cheaper.</summary>
        public const long DeltaCacheBytesMax = 64L << 30;

        /// <summary>A delta with up to this many bytes is taken without being compared: 1 page in 64.</summary>
        public const int DeltaSurelySmaller = 64;

        /// <summary>Equal bytes that end a run of a delta: a run's head has 2 to 4 bytes.</summary>
        public const int DeltaGapMin = 4;

        /// <summary>
        /// Of 256 sampled bytes, different values from which on a page counts as random. 256 random bytes have 162 of
        /// 256 values, with a spread of 6: 140 is more than three times that below; programs and text have under 110.
        /// </summary>
        public const int RandomValuesMin = 140;

        /// <summary>Places in the index that are looked at for one hash: with half of it free, four find 95 %.</summary>
        public const int IndexProbes = 4;

        /// <summary>Batches after which the level of compression is thought over: 16 x 256 KiB = 4 MiB.</summary>
        public const int LevelWindow = 16;

        /// <summary>
        /// The head of a stream, up to the first page, that a store keeps: the list of RAM (69,640 bytes), the machine's
        /// name and a few commands; four times that.
        /// </summary>
        public const int HeadBytesMax = 320 * 1024;

        /// <summary>
        /// The answer of a target: 2^28 pages with 16 bytes each, and 16 bytes for each run. Read in pieces, never held.
        /// </summary>
        public const long AnswerBytesMax = (MemoryBytesMax / Stream.PageSize * 32) + 4096;

        /// <summary>
        /// What a source waits for the target's answer: to check a store of 1 TiB at 2 GB/s takes 512 s.
        /// </summary>
        public const int AnswerWithinMs = 600_000;

        /// <summary>Boot files that are worth a dictionary: 1 MiB, of which a guest keeps some hundred pages.</summary>
        public const int BaseBytesMin = 1 << 20;

        /// <summary>
        /// Boot files of a guest: a kernel with its symbols has 53 MB, a large initial RAM disk 200. Held in memory by both
        /// sides while a migration lasts.
        /// </summary>
        public const int BaseBytesMax = 256 << 20;

        /// <summary>Entries of each of the two tables over the boot files, as a power of two: 64 Ki, 256 KiB.</summary>
        public const int BaseTableLogMin = 16;

        /// <summary>2^25 entries of 4 bytes are 128 MiB, for 256 MiB of boot files; 2^23, 32 MiB, for 64 MiB.</summary>
        public const int BaseTableLogMax = 25;

        /// <summary>The secret that both sides' hashes of one VM begin with: 256 bits of chance.</summary>
        public const int KeyBytes = 32;
    }

    /// <summary>Page stores of a host.</summary>
    public static class PageStore
    {
        /// <summary>All stores of a host, when nothing else is said: 64 guests of 1 GiB.</summary>
        public const long QuotaBytes = 64L << 30;

        /// <summary>A store's identity: its layout has 256 blocks of 264 bytes at most, 68 KB; twice that.</summary>
        public const int IdentityBytesMax = 136 * 1024;

        /// <summary>Pages checked in one read when a store is opened: 1 MiB.</summary>
        public const int CheckPages = 256;

        /// <summary>Stores on one host; each is a directory with four files.</summary>
        public const int StoresMax = 1024;
    }
}
