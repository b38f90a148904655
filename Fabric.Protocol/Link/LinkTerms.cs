namespace Fabric.Protocol;

/// <summary>How a link is kept, as configured.</summary>
/// <param name="Connections">How many the source keeps.</param>
/// <param name="HeartbeatMs">Silence that is broken by a sign of life; 0 is off, and a dead path is then TCP's to
/// find.</param>
/// <param name="ReconnectForMs">How long it may be without any; 0 is off, and the first cut ends it.</param>
/// <param name="Congestion">TCP's congestion control by the kernel's name; null is the kernel's own choice.</param>
public sealed record LinkTerms(
    int Connections = 1,
    int HeartbeatMs = Limits.Link.HeartbeatMsDefault,
    int ReconnectForMs = Limits.Link.ReconnectForMsDefault,
    string? Congestion = null)
{
    /// <summary>As nothing is configured.</summary>
    public static LinkTerms Default { get; } = new();

    /// <summary>One connection that is not watched and not made again.</summary>
    public static LinkTerms Bare { get; } = new(HeartbeatMs: 0, ReconnectForMs: 0);
}
