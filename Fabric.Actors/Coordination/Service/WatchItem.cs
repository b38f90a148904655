using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>What a watcher is told. Closed.</summary>
public abstract record WatchItem;

/// <summary>How a migration stands; what follows comes after it.</summary>
public sealed record MigrationSnapshot(MigrationSummary Migration) : WatchItem;

/// <summary>How all stands; what follows comes after it.</summary>
public sealed record FabricSnapshot(
    IReadOnlyList<HostSummary> Hosts, IReadOnlyList<VmSummary> Vms, IReadOnlyList<MigrationSummary> Migrations)
    : WatchItem;

/// <summary>An event was journalled.</summary>
public sealed record EventWritten(JournalEntry Entry) : WatchItem;

/// <summary>New numbers of a transfer.</summary>
public sealed record NumbersSeen(TransferSeen Transfer) : WatchItem;

/// <summary>A fault plan holds a migration.</summary>
public sealed record HoldReached(MigrationId Migration, StageKind Stage, long MillisecondsMax) : WatchItem;

/// <summary>What the link between its sites has for a migration.</summary>
public sealed record LineTold(MigrationId Migration, LineSight Line) : WatchItem;

/// <summary>A VM changed; null when it is defined no more.</summary>
public sealed record VmChanged(VmId Name, VmSummary? Vm) : WatchItem;

/// <summary>A host connected or was lost.</summary>
public sealed record HostChanged(HostId Name, bool Connected) : WatchItem;

/// <summary>Nothing happened for a while.</summary>
public sealed record Beat : WatchItem;

/// <summary>The watcher was too slow and has missed something: it must begin again.</summary>
public sealed record Lagged(long Missed) : WatchItem;

/// <summary>The migration is over; nothing follows.</summary>
public sealed record WatchOver(MigrationSummary Migration) : WatchItem;
