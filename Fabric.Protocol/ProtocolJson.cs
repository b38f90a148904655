using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>
/// JSON of everything that crosses a link or lies in a journal: source-generated, closed sets, enums by name. Unknown
/// members are refused nowhere (the wire only grows); what must not be missing, or no value of its enum, is for the
/// codec to check.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false,
    MaxDepth = 16)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(HostFacts))]
[JsonSerializable(typeof(OverlayPlace))]
[JsonSerializable(typeof(LineWatch))]
[JsonSerializable(typeof(LineProbed))]
[JsonSerializable(typeof(HostJoined))]
[JsonSerializable(typeof(VmSpec))]
[JsonSerializable(typeof(MigrationPolicy))]
[JsonSerializable(typeof(MigrationRequested))]
[JsonSerializable(typeof(AttemptStarted))]
[JsonSerializable(typeof(TargetReserved))]
[JsonSerializable(typeof(StorageReady))]
[JsonSerializable(typeof(RoundCompleted))]
[JsonSerializable(typeof(DecisionTaken))]
[JsonSerializable(typeof(TransferPolicyChanged))]
[JsonSerializable(typeof(SourcePaused))]
[JsonSerializable(typeof(SourceHandedOff))]
[JsonSerializable(typeof(TargetLoaded))]
[JsonSerializable(typeof(Committed))]
[JsonSerializable(typeof(Activated))]
[JsonSerializable(typeof(AttemptAbandoned))]
[JsonSerializable(typeof(RolledBack))]
[JsonSerializable(typeof(CommitReverted))]
[JsonSerializable(typeof(HeldForOperator))]
[JsonSerializable(typeof(SourceDeclaredGone))]
[JsonSerializable(typeof(SourceCameBack))]
[JsonSerializable(typeof(TargetDeclaredGone))]
[JsonSerializable(typeof(TargetCameBack))]
[JsonSerializable(typeof(MigrationEnded))]
[JsonSerializable(typeof(CleanedUp))]
[JsonSerializable(typeof(VmCreated))]
[JsonSerializable(typeof(VmStartOrdered))]
[JsonSerializable(typeof(VmStarted))]
[JsonSerializable(typeof(VmStopOrdered))]
[JsonSerializable(typeof(VmStopped))]
[JsonSerializable(typeof(VmDeleted))]
[JsonSerializable(typeof(VmLocked))]
[JsonSerializable(typeof(OwnershipMoved))]
[JsonSerializable(typeof(VmUnlocked))]
[JsonSerializable(typeof(CopyStartNoted))]
[JsonSerializable(typeof(CopyStopNoted))]
[JsonSerializable(typeof(CopyEnded))]
[JsonSerializable(typeof(OutgoingBegun))]
[JsonSerializable(typeof(HandOffNoted))]
[JsonSerializable(typeof(RollbackNoted))]
[JsonSerializable(typeof(OutgoingEnded))]
[JsonSerializable(typeof(RegrantNoted))]
[JsonSerializable(typeof(ReleaseNoted))]
[JsonSerializable(typeof(IncomingNoted))]
[JsonSerializable(typeof(IncomingReplaced))]
[JsonSerializable(typeof(IncomingClosed))]
[JsonSerializable(typeof(GrantNoted))]
[JsonSerializable(typeof(CopyCleared))]
public sealed partial class ProtocolJson : JsonSerializerContext;
