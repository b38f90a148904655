namespace Fabric.Protocol;

/// <summary>
/// Every bound of the fabric, in one place, each with its arithmetic. Sizes are in bytes and times in
/// milliseconds unless the name says otherwise. A bound that operators may change is a default here and a key
/// in <c>HOCON/reference.conf</c>; the others are part of the design.
/// </summary>
public static class Limits
{
    /// <summary>Names of VMs, hosts and migrations.</summary>
    public static class Names
    {
        /// <summary>A DNS label: what can stand in a host name, a file name and a certificate's subject.</summary>
        public const int LengthMax = 63;
    }

    /// <summary>The actor runtime.</summary>
    public static class Actors
    {
        /// <summary>1,024 control messages of about 1 KB: 1 MB for an actor that has stopped reading.</summary>
        public const int MailboxCapacityDefault = 1_024;

        /// <summary>64 times the default: a mailbox that needs more hides a slow actor.</summary>
        public const int MailboxCapacityMax = 65_536;

        /// <summary>Messages an actor handles before it lets others have the thread: 16 x about 10 us.</summary>
        public const int MessagesPerTurn = 16;

        /// <summary>Events a slow subscriber may lag before it loses the oldest: 1,024 x about 1 KB = 1 MB.</summary>
        public const int SubscriptionCapacityDefault = 1_024;

        /// <summary>Live actors of one kind: 65,536 x about 4 KB with an idle mailbox = 256 MB at the worst.</summary>
        public const int EntitiesPerKindMax = 65_536;

        /// <summary>One element of an actor's path; room for a name (63), a separator and an attempt's name.</summary>
        public const int PathElementLengthMax = 128;

        /// <summary>First restart after 0.1 s: a transient fault is over by then.</summary>
        public const int RestartBackoffMsMin = 100;

        /// <summary>The doubling ends at 30 s: an operator who repairs the cause waits no longer than this.</summary>
        public const int RestartBackoffMsMax = 30_000;

        /// <summary>0.1 + 0.2 + ... + 25.6 + 30 = 81 s of back-off in ten restarts.</summary>
        public const int RestartsMax = 10;

        /// <summary>The window that counts restarts: 300 s, well above the 81 s that ten of them take.</summary>
        public const int RestartWindowMs = 300_000;

        /// <summary>Between two events of a recovery; a local read takes less than 1 ms.</summary>
        public const int RecoveryTimeoutMs = 30_000;

        /// <summary>One append; must exceed the journal's busy time-out (5 s) plus a slow fsync (10 s).</summary>
        public const int AppendTimeoutMs = 30_000;

        /// <summary>One phase of an orderly shutdown, unless it names its own.</summary>
        public const int ShutdownPhaseMs = 10_000;
    }

    /// <summary>The journal and the host's ledger, which is a journal too.</summary>
    public static class Journal
    {
        /// <summary>Kind or id of a stream; as long as an element of an actor's path.</summary>
        public const int StreamNameLengthMax = 128;

        /// <summary>A versioned event name such as <c>migration.committed.v1</c>.</summary>
        public const int EventNameLengthMax = 128;

        /// <summary>
        /// The largest event lists a round's counters and a VM's devices: some 20 KB. 256 KiB is plenty.
        /// </summary>
        public const int EventBytesMax = 256 * 1024;

        /// <summary>A decision emits at most a handful of events; 64 in one append is a runaway loop.</summary>
        public const int EventsPerAppendMax = 64;

        /// <summary>The commit writes two streams (migration and VM); eight leaves room, not a habit.</summary>
        public const int StreamsPerAppendMax = 8;

        /// <summary>Appends that wait for the writer: 1,024 x 3 ms for an fsync = 3 s of queue at the worst.</summary>
        public const int AppendsWaitingMax = 1_024;

        /// <summary>Appends that share one fsync: 64 x about 50 us of inserts keeps a group under 4 ms.</summary>
        public const int AppendsPerCommitMax = 64;

        /// <summary>Rows of one read: 256 x about 1 KB = 256 KB in memory while a stream is replayed.</summary>
        public const int RowsPerRead = 256;

        /// <summary>
        /// Reads at one time, each with a connection (three file descriptors): 8 x 3 = 24 descriptors.
        /// </summary>
        public const int ReadersMax = 8;

        /// <summary>A migration writes about 100 events of 1 KB: 64 GiB is 600,000 migrations.</summary>
        public const long FileBytesMax = 64L * 1024 * 1024 * 1024;

        /// <summary>How long SQLite waits for another process's lock before the append is refused.</summary>
        public const int BusyTimeoutMs = 5_000;
    }

    /// <summary>The node link: JSON over one WebSocket per host.</summary>
    public static class NodeLink
    {
    }

    /// <summary>The data link and the relay.</summary>
    public static class Relay
    {
    }

    /// <summary>QMP and the QEMU processes behind it.</summary>
    public static class Qemu
    {
    }

    /// <summary>Configuration files.</summary>
    public static class Hocon
    {
    }
}
