using System.Text.Json.Serialization;

namespace Fabric.Host.Faults.Sites;

/// <summary>What <c>deploy/lab/up</c> says of a lab: its <c>lab.json</c>.</summary>
internal sealed record LabFacts(
    string Name, string Directory, bool Nodes, LabCoordinator Coordinator, LabPlace Client, LabPlace Core, LabWan Wan,
    IReadOnlyList<LabSite> Sites);

/// <summary>A namespace, and its address where it has one of its own.</summary>
internal sealed record LabPlace(string Namespace, string? Address = null, string? Wan = null);

/// <summary>The coordinator.</summary>
internal sealed record LabCoordinator(string Namespace, Uri Url, string Certificates);

/// <summary>The WAN as it was made.</summary>
internal sealed record LabWan(string Control, string Delay, string Rate);

/// <summary>A site.</summary>
internal sealed record LabSite(string Name, LabPlace Gateway, IReadOnlyList<LabHost> Hosts);

/// <summary>
/// A host; <paramref name="Directory"/> is its state's, <paramref name="Disks"/> that of its local disks.
/// </summary>
internal sealed record LabHost(string Name, string Namespace, string Address, string Directory, string Disks);

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LabFacts))]
internal sealed partial class LabFactsJson : JsonSerializerContext;
