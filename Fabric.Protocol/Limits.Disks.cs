namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>Disks and their copies.</summary>
    public static class Disks
    {
        /// <summary>
        /// A disk costs a data link (a window of 16 MiB to the target and of 1 MiB back, so 136 MiB for all eight at each end
        /// at most) and a PCI slot; eight of 32 slots.
        /// </summary>
        public const int PerVmMax = 8;

        /// <summary>NAME_MAX is 255; 64 are left for what is put behind it (notes, and files on their way).</summary>
        public const int FileNameLengthMax = 191;

        /// <summary>A block node's name has at most 31 characters in QEMU; 5 are its kind: <c>disk-</c>, <c>file-</c>.</summary>
        public const int IdLengthMax = 31 - 5;

        /// <summary>Images under an image; each is opened by QEMU, which does not bound them. Snapshots seen: 1 to 4.</summary>
        public const int ChainMax = 16;

        /// <summary>A note is 0.4 KB: 4 KiB is 10 times that.</summary>
        public const int NoteBytesMax = 4096;

        /// <summary>Notes that are listed of one directory: 100 VMs of 8 disks, five times over.</summary>
        public const int NotesMax = 4_000;

        /// <summary>Left free beside what a copy needs: a log and its rotation, notes, qcow2's own tables of 1 TiB (128 MiB).</summary>
        public const long SpaceMarginBytes = 192L << 20;

        /// <summary>qemu-img looking at or making an image: some ms; a busy network file system takes seconds.</summary>
        public const int QemuImgTimeoutMs = 30_000;

        /// <summary>
        /// Dirty bits count pieces of 64 KiB: what qcow2 allocates at once. 1 TiB of disk costs 2 MiB of bits in QEMU.
        /// </summary>
        public const int GranularityBytes = 64 << 10;

        /// <summary>The bitmap that only bears a name; as coarse as QEMU allows, so that it weighs nothing.</summary>
        public const uint MarkGranularityBytes = 1u << 30;

        /// <summary>Read and written in one go. Half of the 1 MiB window of a link, so two are on their way at least.</summary>
        public const int PieceBytesMax = 512 << 10;

        /// <summary>
        /// Under way at once: fills 200 Mbit/s at 50 ms (1.25 MB) six times, and is 64 MiB of buffers for a VM of 8 disks.
        /// </summary>
        public const long WindowBytes = 8L << 20;

        /// <summary>And so many requests: <see cref="WindowBytes"/> in pieces of 64 KiB.</summary>
        public const int PiecesMax = 128;

        /// <summary>Zeroes are one request whatever their length; a file system frees 128 MiB in some ms.</summary>
        public const int ZeroPieceBytesMax = 128 << 20;

        /// <summary>
        /// How much is asked about at once: 1 GiB of 64 KiB pieces is 16,384 extents at most.
        /// </summary>
        public const uint LookBytesMax = 1u << 30;

        /// <summary>
        /// Copied between two notes of how far the copy is on the target's disk. What an interruption costs: 16 MiB and the
        /// 8 MiB under way are 1.2 % of a disk of 2 GiB.
        /// </summary>
        public const long CheckpointBytes = 16L << 20;

        /// <summary>Extents in one answer: QEMU sends at most 1 MiB of them, 8 bytes each.</summary>
        public const int ExtentsMax = (1 << 20) / 8;

        /// <summary>Answers in words (options, errors): the protocol's own bound for a text.</summary>
        public const int NbdTextBytesMax = 4096;

        /// <summary>Each step of the greeting; over a link it costs one round trip, of 0.6 s by satellite.</summary>
        public const int NbdGreetingTimeoutMs = 30_000;

        /// <summary>An export to be gone after it was taken away: it waits for what its clients have asked for, some ms.</summary>
        public const int ExportGoneMs = 10_000;

        /// <summary>Parties at one QEMU's exports: a copy for each disk, and as many that have not hung up yet.</summary>
        public const int NbdConnectionsMax = 4 * PerVmMax;

        /// <summary>A last round so small fits into a pause: 1 MiB takes 42 ms at 200 Mbit/s.</summary>
        public const long ReadyBytes = 1L << 20;

        /// <summary>And what the line carried in so long a time fits as well.</summary>
        public const int ReadyMs = 50;

        /// <summary>Rounds in a row that left more than nine tenths of what was there before: two say that it stays so.</summary>
        public const int RoundsWithoutGainMax = 2;

        /// <summary>
        /// Where nobody says otherwise, a guest's writes are not slowed below 256 KiB/s: less is a standstill to it.
        /// </summary>
        public const long WritesBytesPerSecondMin = 256L << 10;

        /// <summary>Nobody may say less than 64 KiB/s, the least rate of a line: one block of a bitmap a second.</summary>
        public const long WritesBytesPerSecondFloor = 64L << 10;

        /// <summary>
        /// How often a copy goes synchronous before it is left at rounds: a link that broke three times in a row is not one
        /// to let a guest wait for.
        /// </summary>
        public const int MirrorsMax = 3;

        /// <summary>
        /// How long a guest's writes wait for a target that answers nothing: a piece of 512 KiB takes that at 0.8 Mbit/s. Half
        /// of <see cref="Qemu.CommandTimeoutMs"/>, for QEMU's monitor may wait with them; a guest's own patience with a disk is
        /// 30 s and more.
        /// </summary>
        public const int MirrorStallMs = 5_000;

        /// <summary>Between two looks at that: a tenth of it.</summary>
        public const int MirrorLookMs = 500;

        /// <summary>
        /// Writes of the guest that are taken at once: QEMU sends 16, so 8 MiB of buffers a disk in pieces of 512 KiB.
        /// </summary>
        public const int MirrorRequestsMax = 16;

        /// <summary>
        /// What a round has under way while the guest's writes wait behind it: 1 MiB is 42 ms at 200 Mbit/s, and two pieces.
        /// </summary>
        public const long MirrorWindowBytes = 1L << 20;

        /// <summary>
        /// How often a piece is read because the guest wrote into it while it was; then its writes wait for that. A read takes
        /// a ms or two: four times nobody is that fast but who writes there all the time.
        /// </summary>
        public const int MirrorReadsMax = 4;

        /// <summary>So long at most: a tenth of <see cref="MirrorStallMs"/>.</summary>
        public const int MirrorReadMs = 500;

        /// <summary>A job of the hypervisor to be gone after it was ended: some ms, and what the target has not answered.</summary>
        public const int JobGoneMs = MirrorStallMs + 10_000;

        /// <summary>
        /// Between two looks at what the guest wrote while the copy waits for its end: at 2 MB/s that is 1 MB a round.
        /// </summary>
        public const int IdleMs = 500;
    }
}
