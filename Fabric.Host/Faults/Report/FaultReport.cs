using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Faults.Report;

/// <summary>All cases of a run.</summary>
/// <param name="Plan">The plan's name.</param>
/// <param name="On">What it ran on: a hypervisor, or a coordinator's address.</param>
/// <param name="StartedAt">When.</param>
/// <param name="DurationMs">All of it.</param>
/// <param name="Cases">In the order in which they were run.</param>
public sealed record FaultReport(
    string Plan, string On, DateTimeOffset StartedAt, double DurationMs, IReadOnlyList<CaseResult> Cases)
{
    /// <summary>Cases in which everything held.</summary>
    public int Held => Count(Verdict.Held);

    /// <summary>Cases in which something did not.</summary>
    public int Broken => Count(Verdict.Broken);

    /// <summary>Cases that say nothing.</summary>
    public int NotCarriedOut => Count(Verdict.NotCarriedOut);

    /// <summary>What <c>fabric faults run</c> exits with; see docs/faults-suite.md.</summary>
    [JsonIgnore]
    public int ExitCode =>
        Broken > 0 ? FaultsExit.Broken : NotCarriedOut > 0 ? FaultsExit.NotCarriedOut : FaultsExit.Held;

    /// <summary>As one document.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, FaultReportJson.Default.FaultReport);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static FaultReport FromJson(string json) =>
        JsonSerializer.Deserialize(json, FaultReportJson.Default.FaultReport)
        ?? throw new JsonException("It is null.");

    private int Count(Verdict verdict) => Cases.Count(c => c.Verdict == verdict);
}

/// <summary>How a report is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FaultReport))]
internal sealed partial class FaultReportJson : JsonSerializerContext;
