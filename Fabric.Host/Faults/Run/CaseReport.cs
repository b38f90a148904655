using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Host.Demo;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Run;

/// <summary>What the demo found; the last line of <c>--json</c>.</summary>
public sealed record CaseReport
{
    /// <summary>completed, rolled-back, refused, lost, held: of the migration that was broken.</summary>
    public required string Outcome { get; init; }

    /// <summary>Why it did not complete, from the closed list; null when it did.</summary>
    public required string? Reason { get; init; }

    /// <summary>The same in words.</summary>
    public string? Detail { get; init; }

    /// <summary>Such as qemu.</summary>
    public required string Hypervisor { get; init; }

    /// <summary>Such as 7.2.22 (tcg).</summary>
    public required string HypervisorVersion { get; init; }

    /// <summary>What was broken.</summary>
    public string? Kill { get; init; }

    /// <summary>Where it was to be broken.</summary>
    public string? At { get; init; }

    /// <summary>Where and how it was broken.</summary>
    public BreakReport? Broke { get; init; }

    /// <summary>Attempts of the migration.</summary>
    public required int Attempts { get; init; }

    /// <summary>Pre-copy rounds of all its attempts.</summary>
    public required int Rounds { get; init; }

    /// <summary>The reasons of its attempts that failed, in order.</summary>
    public required IReadOnlyList<string> FailedAttempts { get; init; }

    /// <summary>From the request to the outcome.</summary>
    public required double TotalMs { get; init; }

    /// <summary>As the coordinator measured it; null when no target ran.</summary>
    public required double? DowntimeMs { get; init; }

    /// <summary>Its parts.</summary>
    public required Downtime? DowntimeParts { get; init; }

    /// <summary>The longest time in which no copy ran, by the hypervisors' clocks.</summary>
    public required double ObservedBlackoutMs { get; init; }

    /// <summary>Bytes on the data link, both ways, TLS included.</summary>
    public required long WireBytes { get; init; }

    /// <summary>The same of the way back, where the guest went back; null where it did not.</summary>
    public long? ReturnWireBytes { get; init; }

    /// <summary>Processor time of nodes and hypervisors, the guest's own work included, while the migration was under
    /// way, of those alive at its end.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>The guest's memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Every further migration that was made: after a recovery, and to show that a retry works.</summary>
    public required IReadOnlyList<string> Afterwards { get; init; }

    /// <summary>What the guest says.</summary>
    public required GuestCheck GuestCheck { get; init; }

    /// <summary>Each rule by name.</summary>
    public required IReadOnlyDictionary<string, RuleResult> Rules { get; init; }

    /// <summary>All rules held and the guest is clean.</summary>
    public bool Ok => GuestCheck.Clean && Rules.Values.All(r => r.Held);

    /// <summary>What happened when; not in the demo's JSON.</summary>
    [JsonIgnore]
    public Timeline? Timeline { get; init; }

    /// <summary>Puts together what was seen.</summary>
    internal static CaseReport Of(
        Evidence evidence, GuestCheck guest, FaultCase? fault, BreakReport? broke, IReadOnlyList<string> afterwards,
        CaseFacts facts)
    {
        var first = evidence.Migrations[0];
        var held = first.First<HeldForOperator>();
        var end = held is not null ? first.When<HeldForOperator>() : first.When<MigrationEnded>();
        return new CaseReport
        {
            Outcome = held is not null ? "held" : first.Ended is { } ended ? FaultNames.WordOf(ended.Outcome) : "none",
            Reason = (held?.Reason ?? first.Ended?.Reason)?.ToString(),
            Detail = held?.Detail ?? first.Ended?.Detail,
            Hypervisor = facts.Hypervisor,
            HypervisorVersion = facts.Version,
            Kill = fault is null ? null : FaultNames.WordOf(fault.Who),
            At = fault is null ? null : FaultNames.WordOf(fault.At),
            Broke = broke,
            Attempts = first.Attempts,
            Rounds = first.Lines.Count(l => l.Event is RoundCompleted),
            FailedAttempts =
                [.. first.Lines.Select(l => l.Event).OfType<AttemptAbandoned>().Select(a => a.Reason.ToString())],
            TotalMs = (end - first.When<MigrationRequested>())?.TotalMilliseconds ?? 0,
            DowntimeMs = first.Ended?.Downtime?.TotalMs,
            DowntimeParts = first.Ended?.Downtime,
            ObservedBlackoutMs = Overlaps.LongestGap(evidence.Copies).TotalMilliseconds,
            WireBytes = facts.WireBytes,
            ReturnWireBytes = facts.ReturnWireBytes,
            CpuSeconds = facts.CpuSeconds,
            MemoryBytes = facts.MemoryBytes,
            Afterwards = afterwards,
            GuestCheck = guest,
            Rules = ProtocolRules.Check(evidence).ToDictionary(r => r.Name, StringComparer.Ordinal),
            Timeline = Timeline.Of(first, evidence.Copies, broke),
        };
    }

    /// <summary>On one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CaseJson.Default.CaseReport);
}

/// <summary>What a case ran on.</summary>
internal sealed record CaseFacts(
    string Hypervisor, string Version, long WireBytes, double CpuSeconds, long MemoryBytes,
    long? ReturnWireBytes = null);

/// <summary>How reports are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = false)]
[JsonSerializable(typeof(CaseReport))]
[JsonSerializable(typeof(IReadOnlyList<DemoCell>))]
internal sealed partial class CaseJson : JsonSerializerContext;
