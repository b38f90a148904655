namespace Fabric.Protocol;

/// <summary>What is done about a guest that writes faster than the line carries. Closed; numbers are never reused.</summary>
public enum ConvergencePolicy
{
    /// <summary>Slow the guest to a half, then allow four times the downtime, then give up when the deadline nears.</summary>
    Balanced = 1,

    /// <summary>Never a longer downtime; slow the guest as far as it goes, then give up when the deadline nears.</summary>
    LowDowntime,

    /// <summary>
    /// Four times the downtime, then slow the guest as far as it goes, then the longest downtime that any policy may come to.
    /// </summary>
    MustFinish,

    /// <summary>Neither slow the guest nor stop it longer: give up as soon as rounds no longer shrink.</summary>
    GiveUp,
}

/// <summary>A step of the ladder.</summary>
public enum LadderStep
{
    /// <summary>Take processor time from the guest.</summary>
    Throttle = 1,

    /// <summary>Allow a longer downtime.</summary>
    Downtime,

    /// <summary>Switch over now and fetch the rest afterwards.</summary>
    PostCopy,
}

/// <summary>One step: how far it may go.</summary>
/// <param name="Step">What is done.</param>
/// <param name="Bound">Percent of the vCPUs' time, or milliseconds of downtime.</param>
public sealed record Rung(LadderStep Step, int Bound = 0);

/// <summary>A policy's rules, with a migration's own numbers in them.</summary>
/// <param name="DowntimeLimitMs">The downtime that needs no excuse.</param>
/// <param name="Ladder">What is done, one after the other, when rounds no longer shrink.</param>
/// <param name="GivesUpAtOnce">At the ladder's end, instead of waiting for the deadline to near.</param>
public sealed record ConvergenceRules(
    int DowntimeLimitMs, IReadOnlyList<Rung> Ladder, bool GivesUpAtOnce)
{
    private const int Longer = 4;

    /// <summary>The longest downtime that the ladder allows.</summary>
    public int DowntimeLimitMsMax =>
        Ladder.Where(r => r.Step == LadderStep.Downtime).Select(r => r.Bound).Append(DowntimeLimitMs).Max();

    /// <summary>The most that the ladder takes from the guest, in percent.</summary>
    public int ThrottlePercentMax =>
        Ladder.Where(r => r.Step == LadderStep.Throttle).Select(r => r.Bound).Append(0).Max();

    /// <summary>The rules of a named policy.</summary>
    /// <param name="policy">Its name.</param>
    /// <param name="downtimeLimitMs">The downtime that needs no excuse.</param>
    /// <param name="most">The longest downtime that any policy may come to, in milliseconds.</param>
    public static ConvergenceRules Of(ConvergencePolicy policy, int downtimeLimitMs, int most)
    {
        var longer = (int)Math.Min((long)downtimeLimitMs * Longer, most);
        return policy switch
        {
            ConvergencePolicy.Balanced => new ConvergenceRules(
                downtimeLimitMs,
                [new Rung(LadderStep.Throttle, 50), new Rung(LadderStep.Downtime, longer)],
                GivesUpAtOnce: false),
            ConvergencePolicy.LowDowntime => new ConvergenceRules(
                downtimeLimitMs, [new Rung(LadderStep.Throttle, Limits.Convergence.ThrottleMax)],
                GivesUpAtOnce: false),
            ConvergencePolicy.MustFinish => new ConvergenceRules(
                downtimeLimitMs,
                [
                    new Rung(LadderStep.Downtime, longer),
                    new Rung(LadderStep.Throttle, Limits.Convergence.ThrottleMax),
                    new Rung(LadderStep.Downtime, most),
                ],
                GivesUpAtOnce: false),
            ConvergencePolicy.GiveUp => new ConvergenceRules(
                downtimeLimitMs, [], GivesUpAtOnce: true),
            _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "not a policy"),
        };
    }
}
