using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>What lies between two hosts, in words.</summary>
internal static class LinkText
{
    /// <summary>The data link's path, in one line.</summary>
    public static string Of(LinkProgress link)
    {
        var most = link.BytesPerSecondMax == 0 ? "" : $" of {RateText.Show(link.BytesPerSecondMax)}";
        var trip = link.RoundTripMs is { } ms ? Show.Text($", round trip {ms:0.#} ms") : "";
        var loss = link.LossPercent is { } percent
            ? Show.Text($", {percent:0.##} % sent again by TCP ({link.SegmentsResent} segments)")
            : "";
        var connections = link.Connections == 1 ? "1 connection" : Show.Text($"{link.Connections} connections");
        return $"{RateText.Show(link.BytesPerSecond)}{most} on the wire{trip}{loss}, {connections}";
    }

    /// <summary>The link between two sites, in one line.</summary>
    public static string Of(LineSight line) => (line.Admitted, line.Share) switch
    {
        _ when line is { Held: true, State: LineState.Down } => $"{line.Link} is down: no attempt begins before it is up",
        _ when line.Held => $"{line.Link} is being measured: no attempt begins before",
        (false, _) => Show.Text($"{line.Link}: waits for a place, {line.Before} before it"),
        (_, 0) => $"{line.Link}{Health(line)}: no limit",
        var (_, share) => $"{line.Link}{Health(line)}: a share of {RateText.Show(share)}",
    };

    private static string Health(LineSight line) => line.State switch
    {
        LineState.Degraded => " (degraded)",
        // It has begun, so it goes on as it can.
        LineState.Down => " (down)",
        _ => "",
    };
}
