using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>Times and bounds of the node link. Both ends should be given the same.</summary>
public sealed record NodeLinkSettings
{
    /// <summary>A ping at least this often.</summary>
    public TimeSpan PingEvery { get; init; } = Ms(Limits.NodeLink.PingEveryMs);

    /// <summary>A peer that was silent for so long is dead. At least twice <see cref="PingEvery"/>.</summary>
    public TimeSpan DeadAfter { get; init; } = Ms(Limits.NodeLink.DeadAfterMs);

    /// <summary>From the WebSocket's opening to the welcome.</summary>
    public TimeSpan HelloWithin { get; init; } = Ms(Limits.NodeLink.HelloWithinMs);

    /// <summary>TCP, TLS and upgrade together.</summary>
    public TimeSpan ConnectWithin { get; init; } = Ms(Limits.NodeLink.ConnectWithinMs);

    /// <summary>What a session may take to close.</summary>
    public TimeSpan CloseWithin { get; init; } = Ms(Limits.NodeLink.CloseWithinMs);

    /// <summary>First wait before connecting again.</summary>
    public TimeSpan ReconnectMin { get; init; } = Ms(Limits.NodeLink.ReconnectMsMin);

    /// <summary>Longest wait before connecting again.</summary>
    public TimeSpan ReconnectMax { get; init; } = Ms(Limits.NodeLink.ReconnectMsMax);

    /// <summary>A session this old resets the wait.</summary>
    public TimeSpan StableAfter { get; init; } = Ms(Limits.NodeLink.StableAfterMs);

    /// <summary>Messages waiting to be sent in one session.</summary>
    public int OutboundMessagesMax { get; init; } = Limits.NodeLink.OutboundMessagesMax;

    /// <summary>Bytes waiting to be sent in one session.</summary>
    public int OutboundBytesMax { get; init; } = Limits.NodeLink.OutboundBytesMax;

    /// <summary>Connected hosts.</summary>
    public int HostsMax { get; init; } = Limits.NodeLink.HostsMax;

    /// <summary>Protocol versions spoken here.</summary>
    public IReadOnlyList<int> Versions { get; init; } = [1];

    /// <summary>The same settings, or <see cref="ArgumentException"/> that names the one that cannot be.</summary>
    public NodeLinkSettings Checked()
    {
        Require(PingEvery > TimeSpan.Zero, nameof(PingEvery), "must be above 0");
        Require(DeadAfter >= 2 * PingEvery, nameof(DeadAfter), $"must be at least twice {nameof(PingEvery)}");
        Require(HelloWithin > TimeSpan.Zero, nameof(HelloWithin), "must be above 0");
        Require(ConnectWithin > TimeSpan.Zero, nameof(ConnectWithin), "must be above 0");
        Require(CloseWithin > TimeSpan.Zero, nameof(CloseWithin), "must be above 0");
        Require(ReconnectMin > TimeSpan.Zero, nameof(ReconnectMin), "must be above 0");
        Require(ReconnectMax >= ReconnectMin, nameof(ReconnectMax), $"must not be below {nameof(ReconnectMin)}");
        Require(StableAfter >= TimeSpan.Zero, nameof(StableAfter), "must not be below 0");
        Require(OutboundMessagesMax > 1, nameof(OutboundMessagesMax), "must be above 1");
        Require(OutboundBytesMax >= Limits.NodeLink.MessageBytesMax, nameof(OutboundBytesMax),
            $"must hold one message of {Limits.NodeLink.MessageBytesMax}");
        Require(HostsMax is > 0 and <= Limits.NodeLink.HostsMax, nameof(HostsMax),
            $"must be 1 to {Limits.NodeLink.HostsMax}");
        Require(Versions.Count is > 0 and <= Limits.NodeLink.VersionsMax, nameof(Versions),
            $"must be 1 to {Limits.NodeLink.VersionsMax} versions");
        return this;
    }

    private static TimeSpan Ms(int value) => TimeSpan.FromMilliseconds(value);

    private static void Require(bool holds, string key, string rule)
    {
        if (!holds)
            throw new ArgumentException($"{key} {rule}.", key);
    }
}
