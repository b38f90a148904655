using System.Text.Json.Serialization;

namespace Fabric.Host.Faults;

/// <summary>What a dry run says.</summary>
internal sealed record PlannedRun(string Plan, string On, IReadOnlyList<PlannedCase> Cases);

/// <summary>One case, and what it would do.</summary>
internal sealed record PlannedCase(string Case, string What);

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PlannedRun))]
internal sealed partial class PlannedJson : JsonSerializerContext;
