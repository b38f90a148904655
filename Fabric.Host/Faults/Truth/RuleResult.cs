namespace Fabric.Host.Faults.Truth;

/// <summary>One rule, and every time it was broken.</summary>
/// <param name="Name">As in the report.</param>
/// <param name="Violations">In words; none when it held.</param>
/// <param name="Seen">What was looked at.</param>
public sealed record RuleResult(string Name, IReadOnlyList<string> Violations, string Seen)
{
    /// <summary>It was never broken.</summary>
    public bool Held => Violations.Count == 0;
}
