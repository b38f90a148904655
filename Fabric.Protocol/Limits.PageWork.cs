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
        /// Contents kept at the source for deltas, for each migration: 8 MiB are 2,048 pages; the writable working set
        /// of the captured guests is 16 to 64 MiB, of which what is written most stays. Touched as it fills: with 16 MiB
        /// an agent was measured at 157 MiB, and 150 are not to be passed.
        /// </summary>
        public const long DeltaCacheBytes = 8L << 20;

        /// <summary>What may be asked for: with more, keeping the whole guest is cheaper.</summary>
        public const long DeltaCacheBytesMax = 64L << 30;

        /// <summary>A delta with up to this many bytes is taken without being compared: 1 page in 64.</summary>
        public const int DeltaSurelySmaller = 64;

        /// <summary>
        /// How many times smaller than the page a larger delta must be, both packed alone: text and random pages that
        /// were written anew are about 1, a page in which records changed is 4 and more.
        /// </summary>
        public const int DeltaGainMin = 2;

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
        /// And time after which it is, in nanoseconds: 250 ms. A link takes bytes in leaps, an acknowledgement of 1 MiB
        /// every 84 ms at 100 Mbit/s; of three leaps it can be told whether it is waited for.
        /// </summary>
        public const long LevelWindowNs = 250_000_000;

        /// <summary>
        /// Bytes that may be on their way before the source reads on, whatever the link's speed: 4 MiB are 0.3 s at
        /// 100 Mbit/s. What waits in the link grows old: its pages are written again before they have crossed.
        /// </summary>
        public const long AheadBytesMin = 4 << 20;

        /// <summary>
        /// As time, for faster links: 400 ms of what the peer acknowledged lately; more than the round trip of any path
        /// on the ground, so the link itself never runs dry for it.
        /// </summary>
        public const int AheadMs = 400;

        /// <summary>
        /// The head of a stream, up to the first page, that a store keeps: the list of RAM (69,640 bytes), the machine's
        /// name and a few commands; four times that.
        /// </summary>
        public const int HeadBytesMax = 320 * 1024;

        /// <summary>
        /// What a manifest says of a page that is held, in place of 16 bytes. The source compares it with this one page's
        /// hash and looks for no other page by it, so of 2^28 changed pages (1 TiB) one looks unchanged with a chance of
        /// 2^28 / 2^48 = 1 in a million, and of a guest of 512 MiB 1 in 2 thousand millions. The target would find it
        /// by the digest of whole hashes, and the attempt end; a wrong page cannot come of it.
        /// </summary>
        public const int ShortHashBytes = 6;

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
        /// Boot files of a guest: a kernel with its symbols has 53 MB, a large initial RAM disk 200. Looked through
        /// once by both sides, at 1 to 2 GB/s, and not held.
        /// </summary>
        public const int BaseBytesMax = 256 << 20;

        /// <summary>
        /// Between two places of the boot files that are remembered: a page out of them has 64 such places, and what is
        /// shorter than this gains little. 256 MiB / 64 = 2^22 of them.
        /// </summary>
        public const int BaseStep = 64;

        /// <summary>Entries for the places, as a power of two: 16 Ki for 1 MiB, 64 KiB of memory.</summary>
        public const int BaseTableLogMin = 14;

        /// <summary>
        /// 2^20 entries of 4 bytes are 4 MiB: one for each place of 64 MiB. Of 256 MiB, one place in four is known, and
        /// a page still has 16 of them.
        /// </summary>
        public const int BaseTableLogMax = 20;

        /// <summary>Equal bytes that make a part of the boot files worth its name, 2 to 10 bytes: one step.</summary>
        public const int BaseMatchMin = BaseStep;

        /// <summary>
        /// Bytes at the beginning of a page, and behind what was found, that are looked at one by one: eight steps, so
        /// that a page of the files is surely found wherever in them it begins.
        /// </summary>
        public const int BaseNear = 8 * BaseStep;

        /// <summary>
        /// Parts of the boot files that a batch is packed with: each of its 64 pages has up to two, 2 x 64 x 4 KiB.
        /// Both sides hold them once, and zstd looks through them for each batch, so they are no more than that.
        /// </summary>
        public const int BaseWindowBytesMax = 2 * BatchBytesMax;

        /// <summary>
        /// Such parts by number; those of a batch are mostly a few long ones. 512 x 10 bytes of places are 5 KiB.
        /// </summary>
        public const int BaseWindowsMax = 512;

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
