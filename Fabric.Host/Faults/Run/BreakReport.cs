namespace Fabric.Host.Faults.Run;

/// <summary>What was broken, and where the migration stood by its journal when it was.</summary>
/// <param name="Stage">The durable stage at the moment of the break.</param>
/// <param name="Attempt">The attempt under way.</param>
/// <param name="What">In words.</param>
/// <param name="Armed">There was nothing to break at that stage yet; it was broken as soon as there was.</param>
/// <param name="At">When.</param>
/// <param name="Until">When it was mended; null for what is not mended, as a kill.</param>
/// <param name="WireBytes">What the data link had carried by then, both ways.</param>
public sealed record BreakReport(
    string Stage, int Attempt, string What, bool Armed, DateTimeOffset At, DateTimeOffset? Until = null,
    long WireBytes = 0);
