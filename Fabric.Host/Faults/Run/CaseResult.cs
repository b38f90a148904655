using System.Text.Json.Serialization;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Faults.Run;

/// <summary>One case and what came of it: a line of every report.</summary>
public sealed record CaseResult
{
    /// <summary>Such as <c>target-vm.kill.pre-copy</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What was broken, and how: such as <c>target-vm kill</c>.</summary>
    public required string Fault { get; init; }

    /// <summary>At which stage.</summary>
    public required string Stage { get; init; }

    /// <summary>The verdict.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Why it was not carried out.</summary>
    public string? Problem { get; init; }

    /// <summary>The whole case.</summary>
    public required double DurationMs { get; init; }

    /// <summary>completed, rolled-back, refused, lost, held, none.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why it did not complete, from the closed list.</summary>
    public string? Reason { get; init; }

    /// <summary>The same in words.</summary>
    public string? Detail { get; init; }

    /// <summary>Attempts of the migration.</summary>
    public int Attempts { get; init; }

    /// <summary>The reasons of those that failed.</summary>
    public IReadOnlyList<string> FailedAttempts { get; init; } = [];

    /// <summary>What was done, and where the migration stood by its journal.</summary>
    public BreakReport? Broke { get; init; }

    /// <summary>From the request to the outcome.</summary>
    public double? MigrationMs { get; init; }

    /// <summary>As the coordinator measured it.</summary>
    public double? DowntimeMs { get; init; }

    /// <summary>The longest time in which no copy ran, by the hypervisors' clocks.</summary>
    public double? BlackoutMs { get; init; }

    /// <summary>What else was done.</summary>
    public IReadOnlyList<string> Afterwards { get; init; } = [];

    /// <summary>Each rule.</summary>
    public IReadOnlyList<RuleResult> Rules { get; init; } = [];

    /// <summary>What the guest says.</summary>
    public GuestCheck? Guest { get; init; }

    /// <summary>What happened when.</summary>
    public Timeline? Timeline { get; init; }

    /// <summary>What was wrong, a line each; empty when all held.</summary>
    [JsonIgnore]
    public IEnumerable<string> Faults => (Problem is null ? [] : new[] { Problem })
        .Concat(Rules.SelectMany(r => r.Violations.Select(v => $"{r.Name}: {v}")))
        .Concat(Guest is { Clean: false } guest ? guest.Notes.Select(n => $"guest: {n}") : []);

    /// <summary>Of a case in the lab.</summary>
    public static CaseResult Of(FaultCase fault, CaseReport report, TimeSpan took) => new()
    {
        Id = fault.Id,
        Fault = FaultOf(fault),
        Stage = FaultNames.WordOf(fault.At),
        Verdict = report.Ok ? Verdict.Held : Verdict.Broken,
        DurationMs = took.TotalMilliseconds,
        Outcome = report.Outcome,
        Reason = report.Reason,
        Detail = report.Detail,
        Attempts = report.Attempts,
        FailedAttempts = report.FailedAttempts,
        Broke = report.Broke,
        MigrationMs = report.TotalMs,
        DowntimeMs = report.DowntimeMs,
        BlackoutMs = report.ObservedBlackoutMs,
        Afterwards = report.Afterwards,
        Rules = [.. report.Rules.Values],
        Guest = report.GuestCheck,
        Timeline = report.Timeline,
    };

    /// <summary>Of a case that could not be carried out.</summary>
    public static CaseResult NotCarriedOut(FaultCase fault, string problem, TimeSpan took) => new()
    {
        Id = fault.Id,
        Fault = FaultOf(fault),
        Stage = FaultNames.WordOf(fault.At),
        Verdict = Verdict.NotCarriedOut,
        Problem = problem,
        DurationMs = took.TotalMilliseconds,
    };

    private static string FaultOf(FaultCase fault) =>
        $"{FaultNames.WordOf(fault.Who)} {FaultNames.WordOf(fault.Action)}";
}
