namespace Fabric.Actors.Runtime;

/// <param name="Fault">A <see cref="TimeoutException"/> when the phase was late; null when all went well.</param>
public sealed record PhaseOutcome(ShutdownPhase Phase, Exception? Fault);
