using Fabric.Embedded.Qmp;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>QEMU's auto-converge, with its names, defaults and bounds; all in percent.</summary>
/// <param name="TriggerPercent">Dirtying more than this share of what was sent, in two periods, slows the guest.</param>
/// <param name="Initial">The first step.</param>
/// <param name="Increment">Each further one.</param>
/// <param name="Max">Never more.</param>
internal sealed record ThrottleRule(int TriggerPercent, int Initial, int Increment, int Max)
{
    public static ThrottleRule Default { get; } = new(50, 20, 10, Limits.Convergence.ThrottleMax);

    /// <summary>The rule with what the arguments say otherwise.</summary>
    /// <exception cref="QmpRefusal">A number is outside its range.</exception>
    public static ThrottleRule Read(QmpArguments arguments, ThrottleRule now)
    {
        var rule = new ThrottleRule(
            In(arguments, "throttle-trigger-threshold", 1, 100) ?? now.TriggerPercent,
            In(arguments, "cpu-throttle-initial", 1, Limits.Convergence.ThrottleMax) ?? now.Initial,
            In(arguments, "cpu-throttle-increment", 1, Limits.Convergence.ThrottleMax) ?? now.Increment,
            In(arguments, "max-cpu-throttle", 1, Limits.Convergence.ThrottleMax) ?? now.Max);
        return rule.Max >= rule.Initial
            ? rule
            : throw QmpRefusal.Of("Parameter 'max-cpu-throttle' expects an integer in the range of cpu-throttle-initial to 99");
    }

    /// <summary>The next step from a throttle.</summary>
    public int After(int percent) => percent == 0 ? Initial : Math.Min(percent + Increment, Max);

    private static int? In(QmpArguments arguments, string name, int min, int max) => arguments.NumberOrNull(name) switch
    {
        null => null,
        { } n when n >= min && n <= max => (int)n,
        _ => throw QmpRefusal.Of($"Parameter '{name}' expects an integer in the range of {min} to {max}"),
    };
}
