namespace Fabric.Protocol;

/// <summary>What a migration wants done, after its events are durable. Closed.</summary>
public abstract record MigrationEffect;

/// <summary>Send an order to the host at an end. It may be lost.</summary>
public sealed record SendOrder(Side Side, Order Order) : MigrationEffect;

/// <summary>Wake the migration after a time; replaces the wake-up asked for before.</summary>
public sealed record WakeAfter(long Milliseconds) : MigrationEffect;

/// <summary>Answer the operator's request.</summary>
public sealed record AnswerOperator(bool Accepted, string Text) : MigrationEffect;

/// <summary>Nothing is left to do; the actor may stop.</summary>
public sealed record Retire : MigrationEffect;

/// <summary>
/// What was decided: events of the migration and of its VM, to be appended in one transaction, then effects.
/// </summary>
public sealed record MigrationDecision(
    IReadOnlyList<MigrationEvent> Events, IReadOnlyList<VmEvent> VmEvents, IReadOnlyList<MigrationEffect> Effects);
