namespace Fabric.Protocol;

/// <summary>How a link is kept, as configured.</summary>
/// <param name="Connections">How many the source keeps.</param>
/// <param name="HeartbeatMs">Silence that is broken by a sign of life; 0 is off, and a dead path is then TCP's to
/// find.</param>
/// <param name="ReconnectForMs">How long it may be without any; 0 is off, and the first cut ends it.</param>
/// <param name="Congestion">TCP's congestion control by the kernel's name; <see cref="ByPath"/> goes by the path,
/// <see cref="KernelsChoice"/> leaves it as it is.</param>
public sealed record LinkTerms(
    int Connections = 1,
    int HeartbeatMs = Limits.Link.HeartbeatMsDefault,
    int ReconnectForMs = Limits.Link.ReconnectForMsDefault,
    string Congestion = LinkTerms.ByPath)
{
    /// <summary>
    /// bbr from a round trip of <see cref="Limits.Link.LongPathUs"/> on: with 1 % of loss at 50 ms it carries thirty
    /// times as much as cubic. Below that cubic or reno: bbr carries a third of them over loopback.
    /// </summary>
    public const string ByPath = "auto";

    /// <summary>What the kernel gives every connection.</summary>
    public const string KernelsChoice = "kernel";

    /// <summary>As nothing is configured.</summary>
    public static LinkTerms Default { get; } = new();

    /// <summary>One connection that is not watched and not made again.</summary>
    public static LinkTerms Bare { get; } = new(HeartbeatMs: 0, ReconnectForMs: 0);
}
