namespace Fabric.Protocol.Tests.Wire;

/// <summary>One of each thing that crosses a link or lies in a journal, every optional member filled.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly VmId Vm = VmId.Of("v1");
    private static readonly HostId A = HostId.Of("a");
    private static readonly HostId B = HostId.Of("b");
    private static readonly MigrationId Migration = MigrationId.Of("v1-m4");
    private static readonly Stamp Stamp = new(Vm, Migration, 4, 1, 7);
    private static readonly DataEndpoint Endpoint = new("b.example", 7000);
    private static readonly Round Round = new(2, 100, 409_600, 10, 20, 4_096_000, 100);
    private static readonly TransferProgress Progress = new(2, 1, 2, 3, 4, 5, 6, 7);
    private static readonly ActivationTimes Times = new(1.5, 2.5);
    private static readonly HandOffTimes HandOff = new(40.5) { DisksMs = 20.25, NoteMs = 1.75 };

    private static readonly VmSpec Spec = new()
    {
        Id = Vm,
        MemoryKiB = 131_136,
        Vcpus = 2,
        Kernel = "/boot/k",
        Initrd = "/boot/i",
        Append = "quiet",
        Devices = ["virtio-balloon-pci"],
    };

    private static readonly DiskFacts Facts = new(DiskId.Of("root"), 1_073_741_824, 4_194_304);

    private static readonly VmSpec WithDisk = Spec with
    {
        Disks = [new DiskSpec { Id = Facts.Id, File = "v1.raw", Format = DiskFormat.Raw, Place = DiskPlace.Shared }],
        Network = new NetworkSpec
        {
            Kind = NetworkKind.Announce,
            Mac = MacAddress.Of("52:54:00:00:00:01"),
            Tap = "tap1",
            Bridge = "br1",
            Addresses = [HostAddress.Of("10.0.0.9")],
        },
    };

    private static readonly DiskProgress Copied = new(Facts.Id, 1_073_741_824, 4_194_304, 65_536, 2, 4_300_000, true);

    private static readonly MigrationPlan Plan = new(Migration, A, B, 7, 4, Spec, new MigrationPolicy());

    private static readonly NetworkEnds Ends = new(
        new NetworkEnd(A, HostAddress.Of("10.9.0.1")), new NetworkEnd(B, HostAddress.Of("10.9.0.2")))
    {
        Tunnel = 7,
        Members = [HostAddress.Of("10.9.0.1"), HostAddress.Of("2001:db8::1")],
    };

    private static readonly TransferDecision Decision = new(1, DecisionKind.SwitchOver, 300, "why");

    public static IReadOnlyList<Order> Orders { get; } =
    [
        new StartVm(Stamp.OfLife(Vm, 7), Spec),
        new StopVm(Stamp.OfLife(Vm, 7), true),
        new ObserveVm(Stamp.OfLife(Vm, 7)),
        new MeasureDirtying(Stamp.OfLife(Vm, 7), 1_000),
        new Precheck(Stamp, Side.Target, WithDisk) { Disks = [Facts] },
        new ForgetDisks(Stamp.OfLife(Vm, 7)),
        new PrepareTarget(Stamp, WithDisk, A) { Disks = [Facts with { Identity = "id" }] },
        new SyncDisks(
            Stamp, B, Endpoint, [new DiskOffer(Facts.Id, "image", "ticket")], new TransferPolicy(1_000_000, 300))
        {
            DeadlineInMs = 3_600_000,
            LineShare = 500_000,
        },
        new BeginTransfer(
            Stamp, B, Endpoint, "ticket",
            new TransferPolicy(1_000_000, 300)
            {
                BandwidthMin = 100_000,
                Convergence = ConvergencePolicy.MustFinish,
                DowntimeLimitMsMost = 30_000,
            })
        {
            DeadlineInMs = 3_600_000,
        },
        new AdjustTransfer(Stamp, new TransferPolicy(1_000_000, 300) { Connections = 4 }) { LineShare = 500_000 },
        new Observe(Stamp, Side.Source),
        new RollBackSource(Stamp),
        new DiscardTarget(Stamp),
        new Grant(Stamp, Side.Target),
        new ReleaseSource(Stamp),
        new Precheck(Stamp, Side.Source, Spec) { Network = Ends },
        new PrepareTarget(Stamp, Spec, A) { Network = Ends },
        new BeginTransfer(Stamp, B, Endpoint, "ticket", new TransferPolicy(0, 300)) { Network = Ends },
        new FlipNetwork(Stamp),
        new AdjustTransfer(Stamp, new TransferPolicy(1_000_000, 300) { DiskWritesMin = 0 }),
        new SyncDisks(
            Stamp, B, Endpoint, [new DiskOffer(Facts.Id, "image", "ticket")],
            new TransferPolicy(1_000_000, 300) { DiskCopy = DiskCopyMode.Synchronous }),
    ];

    public static IReadOnlyList<Report> Reports { get; } =
    [
        new LifeReport(Stamp.OfLife(Vm, 7), LifeView.Dead, FailureReason.SourceVmDied, "why"),
        new DirtyingReport(Stamp.OfLife(Vm, 7), 1_000, 250, "why"),
        new PrecheckReport(Stamp, Side.Target, [new Obstacle(FailureReason.MemoryShort, "why")]),
        new PrecheckReport(Stamp, Side.Source, []) { Disks = [Facts] },
        new SourceReport(Stamp, SourceView.Synced, Progress: Progress with { Disks = [Copied] }),
        new SourceReport(Stamp, SourceView.HandedOff, FailureReason.Cancelled, "why", Progress),
        new SourceReport(Stamp, SourceView.Paused, PausedForMs: 3_900),
        new SourceReport(Stamp, SourceView.HandedOff) { HandOff = HandOff },
        new TargetReport(
            Stamp, TargetView.Prepared, new TransferOffer(Endpoint, "ticket"), FailureReason.TargetVmDied, "why",
            Times),
        new TargetReport(Stamp, TargetView.Prepared, new TransferOffer(Endpoint, "ticket")
        {
            Disks = [new DiskOffer(Facts.Id, "image", "ticket")],
        }),
        new RoundReport(Stamp, Round),
        new DecisionReport(Stamp, Decision),
        new ProgressReport(Stamp, Progress),
        new ProgressReport(Stamp, Progress with { Link = new LinkProgress(2, 2_500_000, 2_400_000, 50.5, 0.25, 12) }),
        new ProgressReport(Stamp, Progress with
        {
            Link = new LinkProgress(2, 2_500_000, 2_400_000, 50.5, 0.25, 12) { SegmentsSent = 4_800 },
        }),
        new ProgressReport(Stamp, Progress with { PageWork = new PageWorkProgress(1, 2, 3, 4, 5, 6, 7, 8, 2) }),
        new OrderRefused(Stamp, Side.Source, Refusal.StaleEpoch, 8, "why"),
    ];

    public static IReadOnlyList<object> Events { get; } =
    [
        new MigrationRequested(Plan, At),
        new AttemptStarted(1, At),
        new AttemptStarted(1, At) { Disks = [Facts] },
        new AttemptStarted(1, At) { LineTimeoutMs = 250 },
        new TargetReserved(Endpoint, At),
        new StorageReady(At),
        new StorageReady(At) { Disks = [Copied] },
        new RoundCompleted(1, Round, At),
        new DecisionTaken(1, Decision, At),
        new TransferPolicyChanged(new TransferPolicy(1_000_000, 300), At),
        new SourcePaused(At),
        new SourceHandedOff(true, 30, At),
        new SourceHandedOff(false, 30, At, 27_500_000),
        new SourceHandedOff(false, 30, At, 27_500_000) { Times = HandOff },
        new TargetLoaded(At),
        new Committed(B, 8, At),
        new Activated(Times, At),
        new Activated(Times with { NetworkMs = 0.5, NetworkAlarm = "why" }, At) { CommitNoteMs = 1.25 },
        new AttemptAbandoned(FailureReason.DataLinkLost, "why", At),
        new RolledBack(1, At),
        new CommitReverted(A, 9, FailureReason.TargetLostBeforeRun, "why", At),
        new HeldForOperator(FailureReason.TargetLostAfterGrant, "why", At),
        new SourceDeclaredGone("ops", At),
        new SourceCameBack(At),
        new TargetDeclaredGone("ops", At),
        new TargetCameBack(At),
        new MigrationEnded(
            MigrationOutcome.Completed, FailureReason.Cancelled, Keeper.Target, "why",
            new Downtime(6, 1, 2, 3, 4, 5, 30), At),
        new MigrationEnded(
            MigrationOutcome.Completed, null, Keeper.Target, null,
            new Downtime(6, 1, 2, 3, 4, 5, 30)
            {
                DisksMs = 0.25,
                LastBytesMs = 0.5,
                HandOffNoteMs = 0.125,
                CommitNoteMs = 1.25,
                NetworkMs = 0.75,
            },
            At),
        new CleanedUp(Side.Source, At),
        new VmCreated(Spec, A, At),
        new VmStartOrdered(7, At),
        new VmStarted(At),
        new VmStopOrdered(true, At),
        new VmStopped(FailureReason.SourceVmDied, "why", At),
        new VmDeleted(At),
        new VmLocked(Migration, B, At),
        new OwnershipMoved(Migration, B, 8, At),
        new VmUnlocked(Migration, MigrationOutcome.Lost, false, At, FailureReason.GuestShutDown),
        new CopyStartNoted(Stamp.OfLife(Vm, 7), Spec, "v1/e7"),
        new CopyStopNoted(Stamp.OfLife(Vm, 7)),
        new CopyEnded(LifeView.Dead, FailureReason.SourceVmDied, "why", true),
        new OutgoingBegun(Stamp),
        new HandOffNoted(),
        new RollbackNoted(Stamp),
        new OutgoingEnded(Stamp, FailureReason.Cancelled, "why"),
        new RegrantNoted(Stamp),
        new ReleaseNoted(Stamp),
        new IncomingNoted(Stamp, Spec, "v1/e7-t4-a1", A),
        new IncomingReplaced("v1/e7-t4-a1-r1", 1, "why"),
        new IncomingClosed(Stamp, FailureReason.Cancelled, "why", true),
        new GrantNoted(Stamp),
        new CopyCleared(),
    ];
}
