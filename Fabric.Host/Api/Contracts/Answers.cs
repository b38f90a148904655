using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Host.Api.Contracts;

/// <summary>All hosts.</summary>
public sealed record HostList(IReadOnlyList<HostSummary> Hosts);

/// <summary>Events of a migration; <paramref name="Next"/> is the version to go on after, if there are more.</summary>
public sealed record JournalPage(IReadOnlyList<JournalEntry> Events, long? Next);

/// <summary>What was done, in words.</summary>
public sealed record Done(string Text);

/// <summary>The coordinator answers, and its journal can be read.</summary>
public sealed record Health(string Status, string Version);

/// <summary>RFC 9457 problem details, with what to do about it.</summary>
public sealed record Problem
{
    /// <summary>Such as <c>urn:fabric:problem:already-migrating</c>.</summary>
    public string? Type { get; init; }

    /// <summary>What kind of problem.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public int? Status { get; init; }

    /// <summary>What is wrong here.</summary>
    public string? Detail { get; init; }

    /// <summary>The end of the type.</summary>
    public string? Code { get; init; }

    /// <summary>What to do.</summary>
    public string? Advice { get; init; }
}

/// <summary>SSE <c>held</c>: a fault plan holds a migration.</summary>
public sealed record HeldNotice(MigrationId Migration, StageKind Stage, long MillisecondsMax);

/// <summary>SSE <c>line</c>: what the link between its sites has for a migration.</summary>
public sealed record LineNotice(MigrationId Migration, LineSight Line);

/// <summary>SSE <c>vm</c>: a VM changed, or is gone.</summary>
public sealed record VmNotice(VmId Name, VmSummary? Vm);

/// <summary>SSE <c>host</c>: a host connected or was lost.</summary>
public sealed record HostNotice(HostId Name, bool Connected);

/// <summary>SSE <c>lagged</c>: events were missed; begin again.</summary>
public sealed record LaggedNotice(long Missed);
