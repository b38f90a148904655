using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>On the event stream: what those who watch the fabric want to hear. The journal stays the truth.</summary>
public interface IFabricNews;

/// <summary>On the event stream: something was written into a VM's stream.</summary>
public sealed record VmNews(VmId Vm) : IFabricNews
{
    /// <summary>It was removed.</summary>
    public bool IsGone { get; init; }
}

/// <summary>To a host's actor: its agent said what it is.</summary>
public sealed record HostIntroduced(HostFacts Facts);

/// <summary>On the event stream: a host's agent said what it is.</summary>
public sealed record HostSaid(HostId Host, HostFacts Facts);

/// <summary>A host's agent reported.</summary>
public sealed record HostReported(HostId Host, Report Report);

/// <summary>On the event stream: a host's agent is connected.</summary>
public sealed record HostUp(HostId Host) : IFabricNews;

/// <summary>On the event stream: a host's agent is not connected any more.</summary>
public sealed record HostDown(HostId Host) : IFabricNews;

/// <summary>To a migration or a VM: read your stream and go on.</summary>
public sealed record Wake
{
    /// <summary>The only one.</summary>
    public static Wake Up { get; } = new();
}

/// <summary>To a VM: its stream was appended to by a migration's commit.</summary>
public sealed record StreamMoved
{
    /// <summary>The only one.</summary>
    public static StreamMoved Now { get; } = new();
}

/// <summary>To a migration: its VM's stream, as the VM's actor read it, says that the migration is under way.</summary>
public sealed record VmWaits
{
    /// <summary>The only one.</summary>
    public static VmWaits Still { get; } = new();
}

/// <summary>To an entity: what are you?</summary>
public sealed record Describe
{
    /// <summary>The only one.</summary>
    public static Describe State { get; } = new();
}

/// <summary>The answer to an operator's request to a migration.</summary>
public sealed record OperatorAnswer(bool Accepted, string Text);

/// <summary>The answer to a request to a VM.</summary>
/// <param name="Refusal">Why not; null when it was taken.</param>
/// <param name="Migration">The migration that was begun.</param>
public sealed record VmReply(VmRefusal? Refusal, MigrationId? Migration);

/// <summary>What a host's actor knows.</summary>
public sealed record HostDescription(HostId Host, bool Connected, HostFacts? Facts, DateTimeOffset? JoinedAt);

/// <summary>On the event stream, for whoever watches a migration: what was journalled, in order.</summary>
public sealed record MigrationNews(MigrationId Migration, StageKind Stage, IReadOnlyList<MigrationEvent> Events)
    : IFabricNews;

/// <summary>On the event stream: numbers of a transfer, several times a second.</summary>
public sealed record MigrationProgress(MigrationId Migration, int Attempt, TransferProgress Progress) : IFabricNews;

/// <summary>On the event stream: what the link between its sites has for a migration.</summary>
public sealed record MigrationLine(MigrationId Migration, LineSight Line) : IFabricNews;

/// <summary>On the event stream: a host said what a guest writes.</summary>
public sealed record DirtyingMeasured(DirtyingReport Report) : IFabricNews;

/// <summary>On the event stream: the coordinator holds this migration at a stage, as its fault plan says.</summary>
public sealed record MigrationHeldAt(MigrationId Migration, StageKind Stage, long MillisecondsMax) : IFabricNews;
