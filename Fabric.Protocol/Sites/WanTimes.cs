namespace Fabric.Protocol;

/// <summary>
/// The times of a migration that depend on how far its hosts are from each other: what is configured, or what the measured
/// time-out (RFC 6298) of the link between their sites asks for, whichever is more. Milliseconds.
/// </summary>
/// <param name="policy">What is configured.</param>
/// <param name="timeoutMs">The time-out that its attempt began with; null in one site, and where nobody measures.</param>
public readonly struct WanTimes(MigrationPolicy policy, int? timeoutMs)
{
    /// <inheritdoc cref="MigrationPolicy.OrderRetryMs"/>
    public long OrderRetryMs => Most(policy.OrderRetryMs, Limits.Sites.OrderTimeouts);

    /// <inheritdoc cref="MigrationPolicy.FenceWaitMs"/>
    public long FenceWaitMs => Most(policy.FenceWaitMs, Limits.Sites.FenceTimeouts);

    /// <inheritdoc cref="MigrationPolicy.HostReturnMs"/>
    public long HostReturnMs => Most(policy.HostReturnMs, Limits.Sites.ReturnTimeouts);

    /// <inheritdoc cref="MigrationPolicy.SwitchoverTimeoutMs"/>
    public long SwitchoverTimeoutMs => Most(policy.SwitchoverTimeoutMs, Limits.Sites.SwitchoverTimeouts);

    private long Most(long configured, int times) =>
        Math.Max(configured, (long)times * Math.Clamp(timeoutMs ?? 0, 0, Limits.Sites.TimeoutMsMax));
}
