namespace Fabric.Protocol;

/// <summary>
/// Every bound of the fabric, in one place, each with its arithmetic. Sizes are in bytes and times in
/// milliseconds unless the name says otherwise. A bound that operators may change is a default here and a key
/// in <c>HOCON/reference.conf</c>; the others are part of the design.
/// </summary>
public static partial class Limits
{
    /// <summary>Names of VMs, hosts and migrations.</summary>
    public static class Names
    {
        /// <summary>A DNS label: what can stand in a host name, a file name and a certificate's subject.</summary>
        public const int LengthMax = 63;
    }

    /// <summary>What a VM may be made of.</summary>
    public static class Vm
    {
        /// <summary>16 MiB: less does not boot a kernel.</summary>
        public const long MemoryKiBMin = 16 * 1024;

        /// <summary>4 TiB: beyond every host that this was tried on, below overflow of any sum of 2^20 VMs.</summary>
        public const long MemoryKiBMax = 4L * 1024 * 1024 * 1024;

        /// <summary>QEMU's q35 machine takes up to 288 without further options.</summary>
        public const int VcpusMax = 288;

        /// <summary>The kernel's own limit for a command line on x86 is 2,048 characters.</summary>
        public const int AppendLengthMax = 2048;

        /// <summary>A PCI bus has 32 slots.</summary>
        public const int DevicesMax = 32;

        /// <summary>The longest single argument: PATH_MAX.</summary>
        public const int ArgumentLengthMax = 4096;
    }

    /// <summary>A migration.</summary>
    public static class Migration
    {
        /// <summary>Clean-up that hangs for hours is tried once a minute: 1,440 orders a day and leftover.</summary>
        public const long WakeMsMax = 60_000;

        /// <summary>A guest that stands longer than 30 days, or a host whose clock says so: 30 x 24 x 3,600 s.</summary>
        public const long PausedMsMax = 30L * 24 * 3_600 * 1_000;

        /// <summary>A back-off doubles at most 6 times: 64 s for the default of 1 s.</summary>
        public const int BackOffDoublingsMax = 6;

        /// <summary>VM names leave room for "-m" and a 13-digit version in a migration's name: 63 - 2 - 13.</summary>
        public const int VmNameLengthMax = 48;
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

        /// <summary>1 s until a journal that failed is read again: as often as a lost order is repeated.</summary>
        public const int RereadBackoffMs = 1_000;

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
        /// <summary>256 KiB: a host's report of 512 VMs at 512 bytes each.</summary>
        public const int MessageBytesMax = 256 * 1024;

        /// <summary>Twice the deepest message that the fabric sends (16 levels).</summary>
        public const int DepthMax = 32;

        /// <summary>Room for an order to each of 512 VMs and the answers to as many reports.</summary>
        public const int OutboundMessagesMax = 1024;

        /// <summary>2 MiB: 8 messages of the largest size. Over <see cref="HostsMax"/> hosts at most 1 GiB.</summary>
        public const int OutboundBytesMax = 8 * MessageBytesMax;

        /// <summary>Connected hosts of one coordinator.</summary>
        public const int HostsMax = 512;

        /// <summary>Reads that a message may take whatever its size; our own sender makes one frame of it.</summary>
        public const int ReadsFree = 64;

        /// <summary>
        /// Beyond <see cref="ReadsFree"/> each read must bring this much on average, so that 256 KiB take at most
        /// 64 + 4,096 reads and a flood of empty fragments ends after 64.
        /// </summary>
        public const int BytesPerReadMin = 64;

        /// <summary>First size of a receive buffer: most messages are below it.</summary>
        public const int ReceiveBufferBytes = 8 * 1024;

        /// <summary>A ping when nothing else was sent for so long.</summary>
        public const int PingEveryMs = 5_000;

        /// <summary>Four pings missed in a row: 4 x 5 s.</summary>
        public const int DeadAfterMs = 20_000;

        /// <summary>From the WebSocket's opening to the welcome: two round trips, and a busy coordinator.</summary>
        public const int HelloWithinMs = 10_000;

        /// <summary>TCP, TLS and the upgrade: five round trips, and SYN sent four times (1 + 2 + 4 + 8 s).</summary>
        public const int ConnectWithinMs = 15_000;

        /// <summary>First wait before connecting again: 512 hosts over it are one connection a millisecond.</summary>
        public const int ReconnectMsMin = 500;

        /// <summary>500 ms doubled six times is 32 s; a coordinator that comes back is found within this.</summary>
        public const int ReconnectMsMax = 30_000;

        /// <summary>
        /// A session must live this long before the wait starts from its minimum again. Otherwise two nodes with one
        /// certificate would replace each other at full speed for ever.
        /// </summary>
        public const int StableAfterMs = 30_000;

        /// <summary>What is left of a session after its close frame; then the socket is dropped.</summary>
        public const int CloseWithinMs = 2_000;

        /// <summary>Protocol versions offered in a hello.</summary>
        public const int VersionsMax = 16;

        /// <summary>An instance id: a GUID is 36 characters.</summary>
        public const int InstanceLengthMax = 64;

        /// <summary>RFC 6455: a control frame holds 125 bytes, of which the status takes 2.</summary>
        public const int CloseReasonBytesMax = 123;

        /// <summary>Each host's link, one that replaces it, and 256 for operators: 2 x 512 + 256.</summary>
        public const int ConnectionsMax = (2 * HostsMax) + 256;

        /// <summary>Body of an API request: 8 times a VM with 32 devices of 4 KiB arguments each.</summary>
        public const int BodyBytesMax = 1024 * 1024;

        /// <summary>All headers of a request together; those of a browser take about 2 KiB.</summary>
        public const int HeadersBytesMax = 16 * 1024;

        /// <summary>Headers of a request; a browser sends about 20.</summary>
        public const int HeadersMax = 64;

        /// <summary>A TLS handshake and the request's headers, each; TLS 1.3 takes one round trip.</summary>
        public const int HandshakeWithinMs = 10_000;

        /// <summary>A PEM file: a P-256 certificate takes about 1 KiB, so 64 KiB hold 64 roots.</summary>
        public const int CertificateFileBytesMax = 64 * 1024;

        /// <summary>DNS names and addresses in one certificate.</summary>
        public const int CertificateNamesMax = 32;

        /// <summary>A certificate is valid from 5 minutes ago: what clocks of hosts without NTP may differ.</summary>
        public const int CertificateSkewMs = 5 * 60 * 1000;

        /// <summary>A certificate's serial number: 128 random bits never meet twice (RFC 5280 allows 160).</summary>
        public const int CertificateSerialBytes = 16;
    }

    /// <summary>The API: what one caller may take from the coordinator.</summary>
    public static class Api
    {
        /// <summary>An answer of an actor: a journal that waits for a lock (5 s), with a slow fsync (10 s).</summary>
        public const int AskMs = 15_000;

        /// <summary>The whole of a request's body; 1 MiB in it is 100 KiB a second.</summary>
        public const int BodyWithinMs = 10_000;

        /// <summary>Levels of a request's JSON: a policy in a migration is the second.</summary>
        public const int DepthMax = 8;

        /// <summary>Entries of a page: 200 summaries of about 1 KB are 200 KB.</summary>
        public const int PageMax = 200;

        /// <summary>Entries of a page when none are asked for: two screens.</summary>
        public const int PageDefault = 50;

        /// <summary>Events of one answer: a migration writes about 100; 2,000 x 1 KB = 2 MB.</summary>
        public const int JournalPageMax = 2_000;

        /// <summary>Last numbers kept of transfers, also of ended ones: 1,024 x about 200 bytes = 200 KB.</summary>
        public const int TransfersKeptMax = 1_024;

        /// <summary>What a watcher may lag: 64 migrations with four numbers a second fill it in a second.</summary>
        public const int WatchQueueMax = 256;

        /// <summary>Watchers at one time: 64 x 256 news x about 1 KB = 16 MB.</summary>
        public const int WatchersMax = 64;

        /// <summary>A sign of life when nothing happens, and a look into the journal.</summary>
        public const int WatchBeatMs = 10_000;

        /// <summary>One event (under 256 KiB) must be taken within this, or the watcher is cut off.</summary>
        public const int WatchWriteMs = 10_000;

        /// <summary>What a client waits for an answer: twice what the coordinator waits for its actor.</summary>
        public const int ClientWithinMs = 2 * AskMs;

        /// <summary>Silence after which a watching client takes the coordinator for gone: three beats.</summary>
        public const int WatchSilenceMs = 3 * WatchBeatMs;

        /// <summary>Bytes of an answer that a client reads: a page of journal (2,000 x 1 KB) eight times.</summary>
        public const int AnswerBytesMax = 16 * 1024 * 1024;
    }

    /// <summary>The data link and the relay.</summary>
    public static class Relay
    {
        /// <summary>The head of every frame: type 1, channel 1, flags 1, zero 1, length 4, offset 8.</summary>
        public const int HeaderSize = 16;

        /// <summary>
        /// The most payload in one frame. Head and payload together are 256 KiB: 64 pages, and sixteen full TLS
        /// records of 16 KiB, so that no write ends in a record of a few bytes.
        /// </summary>
        public const int PayloadMax = (256 * 1024) - HeaderSize;

        /// <summary>
        /// Two buffers for each relay and one for each of eight disks, and 64 relays on one host at a time: 640 x 256 KiB =
        /// 160 MiB at worst, made when they are needed; without disks 32 MiB.
        /// </summary>
        public const int BuffersMax = 64 * (2 + Disks.PerVmMax);

        /// <summary>
        /// Unsent bytes that the kernel may hold for the link (TCP_NOTSENT_LOWAT). Bytes in flight are not limited by
        /// it, so a long fat path stays full, and yet QEMU feels the path at most half a frame later.
        /// </summary>
        public const int NotSentLowWater = 128 * 1024;

        /// <summary>
        /// Send buffer of the socket towards the target's QEMU. The kernel doubles it and counts its own overhead to
        /// it: 512 KiB are one frame, and as much as the next piece.
        /// </summary>
        public const int QemuSendBuffer = 256 * 1024;

        /// <summary>With less room than one TLS record, what was gathered is passed on to QEMU first.</summary>
        public const int GatherRoomMin = 16 * 1024;

        /// <summary>From the TCP connection to the answer to the hello: 20 round trips of 500 ms.</summary>
        public const int HandshakeTimeoutMs = 10_000;

        /// <summary>From the name lookup to the answer to the hello: the handshake twice over, for lost SYNs.</summary>
        public const int ConnectTimeoutMs = 2 * HandshakeTimeoutMs;

        /// <summary>Handshakes at a time; one more ends the oldest. 64 x about 100 KiB for TLS = 6.4 MiB.</summary>
        public const int HandshakesMax = 64;

        /// <summary>Connections that wait to be accepted: one round of handshakes.</summary>
        public const int Backlog = HandshakesMax;

        /// <summary>After a failed accept (no file descriptors left): ten tries a second.</summary>
        public const int AcceptRetryMs = 100;

        /// <summary>A ticket is 256 bits of chance.</summary>
        public const int TicketSize = 32;

        /// <summary>Tickets known at a time: 64 relays with eight disks' links each, 576; or fewer with spent ones.</summary>
        public const int TicketsMax = 1024;

        /// <summary>A source must come within this: preparing it takes seconds, a minute of patience on top.</summary>
        public const int TicketLifetimeMs = 120_000;

        /// <summary>
        /// A write that makes no progress for this long is a stall. With one frame a write, this asks for
        /// 256 KiB / 20 s = 13 KiB/s at least.
        /// </summary>
        public const int StallMs = 20_000;

        /// <summary>How often stalls are looked for: a stall is seen 20 to 25 s after it began.</summary>
        public const int StallCheckMs = StallMs / 4;

        /// <summary>
        /// In this time another QEMU takes the place of a target's that died: 30 s to start it on a busy host, and 90 s
        /// to fill it from the page store, at 200 MB/s those of a guest of 18 GB.
        /// </summary>
        public const int RefillWithinMs = 120_000;

        /// <summary>
        /// A link that takes no bytes for this long is a stall at its source. Above the time of a refill, in which the
        /// target takes none, and of the target's own watch over its QEMU.
        /// </summary>
        public const int LinkStallMs = RefillWithinMs + StallMs + (2 * StallCheckMs);

        /// <summary>
        /// Sent bytes unacknowledged (or a window closed) for this long end the connection. Above StallMs +
        /// StallCheckMs = 25 s, so that a hung QEMU is named before the path is blamed.
        /// </summary>
        public const int TcpUserTimeoutMs = 30_000;

        /// <summary>An idle path is probed after this; a dead one is noticed at 10 + 4 x 5 = 30 s.</summary>
        public const int KeepAliveIdleS = 10;

        /// <summary>Between probes.</summary>
        public const int KeepAliveIntervalS = 5;

        /// <summary>Probes without an answer.</summary>
        public const int KeepAliveProbes = 4;

        /// <summary>How long an abort waits for the frame under way, then cuts: 256 KiB at 2 Mbit/s.</summary>
        public const int AbortSendMs = 1_000;

        /// <summary>
        /// How long a failed write waits for the reader to find the peer's reason, which may lie unread: one round
        /// trip of 500 ms and as much again.
        /// </summary>
        public const int VerdictGraceMs = 1_000;

        /// <summary>A UNIX socket path is at most 107 bytes and a zero (sockaddr_un).</summary>
        public const int SocketPathMax = 107;
    }

    /// <summary>QMP and the QEMU processes behind it.</summary>
    public static class Qemu
    {
        /// <summary>
        /// One line of QMP. The longest answers known are query-qmp-schema (about 200 KiB, not asked for here) and
        /// device lists (tens of KiB): 4 MiB is 20 times the former, and 2 monitors x 100 VMs x 4 MiB is 800 MiB at
        /// worst.
        /// </summary>
        public const int LineBytesMax = 4 * 1024 * 1024;

        /// <summary>
        /// Commands that wait for an answer on one monitor. A machine has at most a handful of callers and one event
        /// pump: 32 is over that, and 32 x <see cref="CommandBytesMax"/> is 2 MiB.
        /// </summary>
        public const int PendingCommandsMax = 32;

        /// <summary>One command: two paths of PATH_MAX, escaped, are below 64 KiB.</summary>
        public const int CommandBytesMax = 64 * 1024;

        /// <summary>
        /// Events before a monitor's greeting. They come in the moment between a connection and its being seen; a migration
        /// makes about 10 events in all.
        /// </summary>
        public const int EventsBeforeGreetingMax = 16;

        /// <summary>
        /// Events of one monitor that nobody has looked at yet. A migration makes about 10, and one a round; beyond
        /// 1,024 events are dropped, counted, and the state is asked for anew.
        /// </summary>
        public const int EventsMax = 1024;

        /// <summary>
        /// Machine events that wait for their reader. Progress is merged into one, so 256 are rounds and states: more
        /// than a migration that is worth going on with has.
        /// </summary>
        public const int MachineEventsMax = 256;

        /// <summary>
        /// Connecting, the greeting and the first command: a busy host took 0.1 s; 10 s is 100 times that.
        /// </summary>
        public const int GreetingTimeoutMs = 10_000;

        /// <summary>
        /// An answer. Commands take 1 to 10 ms; a main loop held by the setup of a 1.5 GiB guest under TCG took 2 s.
        /// </summary>
        public const int CommandTimeoutMs = 10_000;

        /// <summary>
        /// An answer to a cancel before the connection itself is cut (yank). It took 10 ms where it is answered at all;
        /// where the last bytes are stuck it is never answered.
        /// </summary>
        public const int CancelTimeoutMs = 2_000;

        /// <summary>
        /// A process to be gone after its monitor closed, or after a kill is asked for: memory is given back.
        /// </summary>
        public const int ExitTimeoutMs = 30_000;

        /// <summary>
        /// Between a monitor's end of file and the end of its process: QEMU exits within some ms of it.
        /// </summary>
        public const int ExitAfterCloseMs = 2_000;

        /// <summary>
        /// Starting a process: 0.04 s here without memory preallocation; big guests with KVM need seconds.
        /// </summary>
        public const int StartTimeoutMs = 60_000;

        /// <summary>One question to the program, such as its version: below 0.1 s.</summary>
        public const int ProbeTimeoutMs = 15_000;

        /// <summary>What a question to the program may print: the device list is 20 KiB.</summary>
        public const int ProbeOutputBytesMax = 1024 * 1024;

        /// <summary>
        /// Between two looks at a migration under way: five a second, each about 1 ms of QEMU's main loop.
        /// </summary>
        public const int ProgressIntervalMs = 200;

        /// <summary>
        /// Looks for one in which run state and migration fit together: it moves at most 3 times in a row.
        /// </summary>
        public const int ObserveTriesMax = 5;

        /// <summary>The end of a log that goes into an error or an event.</summary>
        public const int LogTailBytes = 4096;

        /// <summary>The hypervisor's own words in an error.</summary>
        public const int MessageLengthMax = 1024;

        /// <summary>sun_path of a UNIX socket is 108 bytes with its closing zero.</summary>
        public const int SocketPathBytesMax = 107;

        /// <summary>What "unlimited" is for max-bandwidth, bytes a second: 1 TiB/s, over any memory bus.</summary>
        public const long BandwidthUnlimited = 1L << 40;

        /// <summary>
        /// Dirty-bitmap words lose pages on QEMU below 10 under TCG when memory is whole words: 64 x 4 KiB.
        /// </summary>
        public const long CorruptingMemoryKiB = 64 * 4;
    }

    /// <summary>A host's agent.</summary>
    public static class Agent
    {
        /// <summary>Twice a second is as often as anybody reads it: 7,200 reports an hour.</summary>
        public const int DiskProgressMs = 500;

        /// <summary>
        /// What is left over is told again once a minute while there is any: whoever was told may have forgotten.
        /// </summary>
        public const int LeftoverLookMs = 60_000;

        /// <summary>
        /// And sooner when that has changed, for the migration may have been under way still: after 1, 2, 4, ... s, seven
        /// times in the first minute.
        /// </summary>
        public const int LeftoverLookMsMin = 1_000;

        /// <summary>
        /// A copy's decision has at most 3 effects, and orders repeat once a second: 20 s of a hung hypervisor.
        /// </summary>
        public const int EffectsWaitingMax = 64;

        /// <summary>
        /// Logs of the last few copies of a VM; each directory is a few hundred KiB of console and log.
        /// </summary>
        public const int OldDirectoriesMax = 8;

        /// <summary>
        /// Processes of a target that may be replaced in one attempt. One is killed by chance, or for want of memory;
        /// of what dies three times under the same stream, the fourth would too; each costs its start and its refill.
        /// </summary>
        public const int ReplacementsMax = 3;

        /// <summary>
        /// How long a source tries to reach its target: a route that heals does so in seconds; three times 5 s.
        /// </summary>
        public const int ConnectPatienceMs = 15_000;

        /// <summary>
        /// From a hypervisor's failure to its relay's end: both see the same socket close, 1 s is 1,000 times that.
        /// </summary>
        public const int RelayEndMs = 1_000;

        /// <summary>Between two tries: four a second, 60 in all.</summary>
        public const int ConnectRetryMs = 250;
    }

    /// <summary>Configuration files.</summary>
    public static class Hocon
    {
        /// <summary>One file, and one string: a thousand hosts at 1 KiB each. Read in one piece.</summary>
        public const int FileBytesMax = 1 << 20;

        /// <summary>A file with all it includes: 8 files of the largest size.</summary>
        public const long TotalBytesMax = 8L * FileBytesMax;

        /// <summary>Files read for one configuration, an include of the same file counted each time.</summary>
        public const int FilesMax = 128;

        /// <summary>Includes in includes: site, role, host and their common parts fit four times.</summary>
        public const int IncludeDepthMax = 16;

        /// <summary>
        /// Levels of objects, arrays and path segments: our deepest key has 4. As many stack frames of about 5
        /// calls x 200 bytes are 64 KiB.
        /// </summary>
        public const int NestingMax = 64;

        /// <summary>
        /// Substitutions that wait for each other. A level is about 5 calls x 250 bytes, so 400 levels stay below
        /// 0.5 MiB of a thread's stack (1.5 MiB on the smallest system).
        /// </summary>
        public const int ResolveDepthMax = 400;

        /// <summary>Steps of resolving: a full file (1 MiB / 8 bytes = 128 Ki fields), 8 steps a field.</summary>
        public const long ResolveStepsMax = 1 << 20;

        /// <summary>Values of the resolved tree, shared ones each time, and one for every 64 characters.</summary>
        public const long WeightMax = 1 << 20;

        /// <summary>Errors collected before the rest is only counted: two screens.</summary>
        public const int ErrorsMax = 100;

        /// <summary>A longer unknown key gets no suggestion: comparing takes 64 x 64 x 60 known keys.</summary>
        public const int SuggestLengthMax = 64;

        /// <summary>A certificate or key file: a chain of 10 certificates of 4 KiB, with room.</summary>
        public const int PemBytesMax = 64 << 10;
    }
}
