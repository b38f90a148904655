using System.Text.Json.Serialization;
using Fabric.Actors.Coordination;

namespace Fabric.Host.Api.Contracts;

/// <summary>
/// JSON of the API. Requests refuse members they do not know (it stands at their types) and any member twice; answers
/// may grow, so a client skips what it does not know.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    MaxDepth = 16)]
[JsonSerializable(typeof(CreateVmRequest))]
[JsonSerializable(typeof(StopVmRequest))]
[JsonSerializable(typeof(MigrateRequest))]
[JsonSerializable(typeof(TransferRequest))]
[JsonSerializable(typeof(NothingRequest))]
[JsonSerializable(typeof(VmSummary))]
[JsonSerializable(typeof(VmPage))]
[JsonSerializable(typeof(DirtyingSample))]
[JsonSerializable(typeof(IReadOnlyList<DirtyingSample>))]
[JsonSerializable(typeof(MigrationSummary))]
[JsonSerializable(typeof(MigrationPage))]
[JsonSerializable(typeof(HostSummary))]
[JsonSerializable(typeof(HostList))]
[JsonSerializable(typeof(LeftoverList))]
[JsonSerializable(typeof(SiteList))]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(JournalPage))]
[JsonSerializable(typeof(TransferSeen))]
[JsonSerializable(typeof(FabricSnapshot))]
[JsonSerializable(typeof(HeldNotice))]
[JsonSerializable(typeof(LineNotice))]
[JsonSerializable(typeof(VmNotice))]
[JsonSerializable(typeof(HostNotice))]
[JsonSerializable(typeof(LaggedNotice))]
[JsonSerializable(typeof(Done))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ApiJson : JsonSerializerContext;
