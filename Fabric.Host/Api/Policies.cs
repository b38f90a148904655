using Fabric.Host.Api.Contracts;
using Fabric.Host.Configuration;
using Fabric.Protocol;

namespace Fabric.Host.Api;

/// <summary>A migration's policy: the node's settings, and what a request says otherwise, in the same ranges.</summary>
public static class Policies
{
    private const long Hour = 3_600_000;
    private const long Week = 7 * 24 * Hour;
    private const long BandwidthMin = 64 * 1024;
    private const long BandwidthMax = (1L << 43) - 1;

    /// <summary>The settings' defaults.</summary>
    public static MigrationPolicy From(MigrationSettings settings) => new()
    {
        AttemptsMax = settings.AttemptsMax,
        DeadlineMs = (long)settings.Deadline.TotalMilliseconds,
        SwitchoverTimeoutMs = (long)settings.SwitchoverTimeout.TotalMilliseconds,
        HostReturnMs = (long)settings.HostReturnTimeout.TotalMilliseconds,
        FenceWaitMs = (long)settings.FenceWait.TotalMilliseconds,
        OrderRetryMs = (long)settings.OrderRetry.TotalMilliseconds,
        AttemptBackOffMs = (long)settings.AttemptBackOff.TotalMilliseconds,
        Transfer = new TransferPolicy(
            settings.BandwidthBytesPerSecondMax, (int)settings.DowntimeLimit.TotalMilliseconds),
    };

    /// <summary>The defaults with a request's changes.</summary>
    /// <exception cref="RequestException">A value is outside its range, or two do not fit together.</exception>
    internal static MigrationPolicy With(MigrationPolicy defaults, PolicyRequest? asked)
    {
        if (asked is null)
            return defaults;
        var policy = new MigrationPolicy
        {
            AttemptsMax = (int)In("attemptsMax", asked.AttemptsMax ?? defaults.AttemptsMax, 1, 100),
            DeadlineMs = In("deadlineMs", asked.DeadlineMs ?? defaults.DeadlineMs, 1_000, Week),
            SwitchoverTimeoutMs = In(
                "switchoverTimeoutMs", asked.SwitchoverTimeoutMs ?? defaults.SwitchoverTimeoutMs, 100, Hour),
            HostReturnMs = In("hostReturnMs", asked.HostReturnMs ?? defaults.HostReturnMs, 100, Hour),
            FenceWaitMs = In("fenceWaitMs", asked.FenceWaitMs ?? defaults.FenceWaitMs, 100, Hour),
            AttemptBackOffMs = In("attemptBackOffMs", asked.AttemptBackOffMs ?? defaults.AttemptBackOffMs, 10, 600_000),
            OrderRetryMs = In("orderRetryMs", asked.OrderRetryMs ?? defaults.OrderRetryMs, 10, 60_000),
            Transfer = new TransferPolicy(
                asked.BandwidthMax is null or 0
                    ? asked.BandwidthMax ?? defaults.Transfer.BandwidthMax
                    : In("bandwidthMax", asked.BandwidthMax.Value, BandwidthMin, BandwidthMax),
                (int)In("downtimeLimitMs", asked.DowntimeLimitMs ?? defaults.Transfer.DowntimeLimitMs, 1, 2_000_000)),
        };
        // A short deadline alone is a fair wish; the switchover's time-out is the one that gives way.
        if (asked.SwitchoverTimeoutMs is null && policy.SwitchoverTimeoutMs > policy.DeadlineMs)
            policy = policy with { SwitchoverTimeoutMs = policy.DeadlineMs };
        if (policy.SwitchoverTimeoutMs > policy.DeadlineMs)
            throw OutOfRange("switchoverTimeoutMs must not be longer than deadlineMs.");
        return policy.SwitchoverTimeoutMs > policy.Transfer.DowntimeLimitMs
            ? policy
            : throw OutOfRange("switchoverTimeoutMs must be longer than downtimeLimitMs.");
    }

    private static long In(string name, long value, long min, long max) => value >= min && value <= max
        ? value
        : throw OutOfRange($"policy.{name} is {value}, and {min} to {max} is allowed.");

    private static RequestException OutOfRange(string detail) =>
        new(422, "out-of-range", detail, "Correct it, or leave it out for the coordinator's default.");
}
