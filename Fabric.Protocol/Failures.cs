namespace Fabric.Protocol;

/// <summary>Who keeps the VM when a migration ends this way.</summary>
public enum Keeper
{
    /// <summary>The source: the guest runs there as before.</summary>
    Source = 1,

    /// <summary>The target: the guest runs there.</summary>
    Target,

    /// <summary>The source holds its paused copy; only an operator may let it run.</summary>
    HeldAtSource,

    /// <summary>Nobody: the guest's only complete copy died by itself, and this is said honestly.</summary>
    Nobody,

    /// <summary>The target holds a paused copy, perhaps not the latest; only an operator may let it run.</summary>
    HeldAtTarget,
}

/// <summary>Why an attempt or a migration did not go as asked. A closed list; numbers are never reused.</summary>
public enum FailureReason
{
    // Refused before anything moved.
    UnknownVm = 1,
    UnknownHost = 2,
    SameHost = 3,
    VmNotRunning = 4,
    AlreadyMigrating = 5,
    HostNotConnected = 6,
    MemoryShort = 7,
    ImageMissing = 8,
    HypervisorUnfit = 9,
    MemorySizeCorrupts = 10,
    PrecheckTimedOut = 11,
    HostBusy = 12,
    SpecInvalid = 13,

    DisksUnfit = 70,
    NetworkUnfit = 71,

    // An attempt failed; the source goes on.
    TargetDidNotStart = 20,
    TargetVmDied = 21,
    TargetUnreachable = 22,
    DataLinkLost = 23,
    SourceTransferFailed = 24,
    SwitchoverTimedOut = 25,
    DeadlineExceeded = 26,
    Cancelled = 27,
    SourceUnreachable = 28,
    TargetLoadFailed = 29,
    DidNotConverge = 30,
    NetworkFailed = 72,

    // The guest's only copy ended by itself.
    SourceVmDied = 40,
    GuestShutDown = 41,

    // After the commit.
    TargetLostBeforeRun = 50,
    TargetLostAfterGrant = 51,

    // Before the commit, with the target complete.
    SourceLostInDoubt = 52,

    // A fence spoke.
    NewerEpochSeen = 60,
    AssertionBroken = 61,
}

/// <summary>What each failure means: who keeps the VM, whether another attempt may help, and what to do.</summary>
public static class Failures
{
    /// <summary>Who keeps the VM.</summary>
    public static Keeper KeeperOf(FailureReason reason) => reason switch
    {
        FailureReason.UnknownVm or FailureReason.UnknownHost or FailureReason.SameHost or FailureReason.VmNotRunning
            or FailureReason.AlreadyMigrating or FailureReason.HostNotConnected or FailureReason.MemoryShort
            or FailureReason.ImageMissing or FailureReason.HypervisorUnfit or FailureReason.MemorySizeCorrupts
            or FailureReason.PrecheckTimedOut or FailureReason.HostBusy or FailureReason.SpecInvalid
            or FailureReason.DisksUnfit or FailureReason.NetworkUnfit or FailureReason.NetworkFailed => Keeper.Source,
        FailureReason.TargetDidNotStart or FailureReason.TargetVmDied or FailureReason.TargetUnreachable
            or FailureReason.DataLinkLost or FailureReason.SourceTransferFailed or FailureReason.SwitchoverTimedOut
            or FailureReason.DeadlineExceeded or FailureReason.Cancelled or FailureReason.SourceUnreachable
            or FailureReason.TargetLoadFailed or FailureReason.DidNotConverge
            or FailureReason.TargetLostBeforeRun => Keeper.Source,
        FailureReason.SourceVmDied or FailureReason.GuestShutDown => Keeper.Nobody,
        FailureReason.TargetLostAfterGrant => Keeper.HeldAtSource,
        FailureReason.SourceLostInDoubt => Keeper.HeldAtTarget,
        FailureReason.NewerEpochSeen or FailureReason.AssertionBroken => Keeper.HeldAtSource,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "not a failure"),
    };

    /// <summary>Whether the next attempt of the same migration may succeed where this one failed.</summary>
    public static bool IsRetryable(FailureReason reason) => reason
        is FailureReason.TargetVmDied or FailureReason.TargetUnreachable or FailureReason.DataLinkLost
        or FailureReason.SourceTransferFailed or FailureReason.SwitchoverTimedOut
        or FailureReason.SourceUnreachable or FailureReason.TargetLoadFailed;

    /// <summary>What an operator can do about it, in one sentence.</summary>
    public static string AdviceFor(FailureReason reason) => reason switch
    {
        FailureReason.UnknownVm => "List the VMs with 'fabric vm list'.",
        FailureReason.UnknownHost => "List the hosts with 'fabric hosts'.",
        FailureReason.SameHost => "Name another host: the VM is there already.",
        FailureReason.VmNotRunning => "Start the VM first: only a running VM is migrated live.",
        FailureReason.AlreadyMigrating => "Wait for the running migration or cancel it with 'fabric cancel'.",
        FailureReason.HostNotConnected => "Start the host's node, or look at its log if it runs.",
        FailureReason.MemoryShort => "Free memory on the target, raise its host.memory-limit, or choose another.",
        FailureReason.ImageMissing => "Put the file at the same path on the target, readable by its node.",
        FailureReason.HypervisorUnfit => "Install a QEMU on the target that offers the VM's machine type and devices.",
        FailureReason.MemorySizeCorrupts =>
            "Give the VM a size that is not a multiple of 256 KiB (MiB x 1024 + 64), use KVM, or QEMU 10.",
        FailureReason.PrecheckTimedOut => "Look at the named host's log; then migrate again.",
        FailureReason.HostBusy => "Wait for the host's other migrations, or raise host.migrations-max.",
        FailureReason.SpecInvalid => "Correct the VM's specification.",
        FailureReason.DisksUnfit =>
            "Give the host the directories host.disks.local and host.disks.shared that the VM's disks need, or choose another.",
        FailureReason.NetworkUnfit => "Do what the detail says on that host, or choose another; the VM was not touched.",
        FailureReason.NetworkFailed =>
            "Do what the detail says on that host; its network is as it was and the source runs, so migrate again.",
        FailureReason.TargetDidNotStart => "Read the target's hypervisor log, named in the detail.",
        FailureReason.TargetVmDied => "Read the target's hypervisor log; the source runs, so migrate again.",
        FailureReason.TargetUnreachable => "Bring the target host back; the source runs, so migrate again.",
        FailureReason.DataLinkLost => "Check the network between the hosts; the source runs, so migrate again.",
        FailureReason.SourceTransferFailed => "Read the source's hypervisor log; the source runs.",
        FailureReason.SwitchoverTimedOut => "Raise migration.switchover-timeout or look for a stalled link.",
        FailureReason.DeadlineExceeded => "Raise migration.deadline, the bandwidth or the downtime limit.",
        FailureReason.Cancelled => "Nothing: it was asked for.",
        FailureReason.SourceUnreachable => "Bring the source host's node back; its VM was not touched.",
        FailureReason.TargetLoadFailed => "Compare the two hosts' hypervisors and devices; the source runs.",
        FailureReason.DidNotConverge =>
            "Give it more bandwidth, a longer downtime limit or deadline, or another --policy such as must-finish.",
        FailureReason.SourceVmDied => "Start the VM again; its memory is lost, and no migration could have kept it.",
        FailureReason.GuestShutDown => "Nothing: the guest turned itself off.",
        FailureReason.TargetLostBeforeRun => "Nothing: the target never ran, and ownership went back to the source.",
        FailureReason.TargetLostAfterGrant =>
            "The target may have run before it was lost. If going back to the paused copy is acceptable, " +
            "say so with 'fabric vm recover'.",
        FailureReason.SourceLostInDoubt =>
            "The source's process died unseen and its guest may have run on after the target was complete. If going " +
            "on from the target's copy is acceptable, say so with 'fabric vm recover'; if not, 'fabric cancel' gives " +
            "it up.",
        FailureReason.NewerEpochSeen =>
            "A host has seen a newer epoch than this journal: was it restored from a backup? Compare 'fabric " +
            "journal' with the host's ledger before anything else.",
        FailureReason.AssertionBroken => "Report this with the output of 'fabric journal'; no guest was touched.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "not a failure"),
    };
}
