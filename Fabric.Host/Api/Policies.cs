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
            settings.BandwidthBytesPerSecondMax, (int)settings.DowntimeLimit.TotalMilliseconds)
        {
            BandwidthMin = settings.BandwidthBytesPerSecondMin,
            Convergence = settings.Policy,
            DowntimeLimitMsMost = MostOf(settings.SwitchoverTimeout.TotalMilliseconds),
            DiskWritesMin = settings.DiskWritesBytesPerSecondMin,
            DiskCopy = settings.DiskCopy,
        },
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
            Transfer = defaults.Transfer with
            {
                BandwidthMin = Rate("bandwidthMin", asked.BandwidthMin) ?? defaults.Transfer.BandwidthMin,
                BandwidthMax = Rate("bandwidthMax", asked.BandwidthMax) ?? defaults.Transfer.BandwidthMax,
                DowntimeLimitMs = Downtime(asked.DowntimeLimitMs) ?? defaults.Transfer.DowntimeLimitMs,
                Convergence = asked.Convergence ?? defaults.Transfer.Convergence,
                Connections = Connections(asked.Connections) ?? defaults.Transfer.Connections,
                DiskWritesMin = Rate("diskWritesMin", asked.DiskWritesMin) ?? defaults.Transfer.DiskWritesMin,
                DiskCopy = asked.DiskCopy ?? defaults.Transfer.DiskCopy,
            },
        };
        // A short deadline alone is a fair wish; the switchover's time-out is the one that gives way.
        if (asked.SwitchoverTimeoutMs is null && policy.SwitchoverTimeoutMs > policy.DeadlineMs)
            policy = policy with { SwitchoverTimeoutMs = policy.DeadlineMs };
        policy = policy with
        {
            Transfer = policy.Transfer with { DowntimeLimitMsMost = MostOf(policy.SwitchoverTimeoutMs) },
        };
        RequireOrder(policy.Transfer.BandwidthMin, policy.Transfer.BandwidthMax);
        if (policy.SwitchoverTimeoutMs > policy.DeadlineMs)
            throw OutOfRange("switchoverTimeoutMs must not be longer than deadlineMs.");
        return policy.SwitchoverTimeoutMs > policy.Transfer.DowntimeLimitMs
            ? policy
            : throw OutOfRange("switchoverTimeoutMs must be longer than downtimeLimitMs.");
    }

    /// <summary>What is to change of a migration under way.</summary>
    /// <exception cref="RequestException">A value is outside its range, or nothing is to change.</exception>
    internal static TransferChange Change(TransferRequest asked)
    {
        var change = new TransferChange(
            Rate("bandwidthMin", asked.BandwidthMin), Rate("bandwidthMax", asked.BandwidthMax),
            Downtime(asked.DowntimeLimitMs), asked.Convergence, Connections(asked.Connections),
            Rate("diskWritesMin", asked.DiskWritesMin));
        if (change == new TransferChange())
            throw OutOfRange("Nothing is to change.");
        RequireOrder(change.BandwidthMin ?? 0, change.BandwidthMax ?? 0);
        return change;
    }

    /// <summary>The coordinator takes a switchover back after its time-out; half of it is for all but the pause.</summary>
    private static int MostOf(double switchoverTimeoutMs) => (int)Math.Clamp(switchoverTimeoutMs / 2, 1, int.MaxValue);

    private static void RequireOrder(long min, long max)
    {
        if (max != 0 && min > max)
            throw OutOfRange("policy.bandwidthMin must not be more than policy.bandwidthMax.");
    }

    private static long? Rate(string name, long? asked) =>
        asked is null or 0 ? asked : In(name, asked.Value, BandwidthMin, BandwidthMax);

    private static int? Downtime(int? asked) =>
        asked is { } limit ? (int)In("downtimeLimitMs", limit, 1, 2_000_000) : null;

    private static int? Connections(int? asked) =>
        asked is { } count ? (int)In("connections", count, 0, Limits.Link.ConnectionsMax) : null;

    private static long In(string name, long value, long min, long max) => value >= min && value <= max
        ? value
        : throw OutOfRange($"policy.{name} is {value}, and {min} to {max} is allowed.");

    private static RequestException OutOfRange(string detail) =>
        new(422, "out-of-range", detail, "Correct it, or leave it out for the coordinator's default.");
}
