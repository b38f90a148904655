using Fabric.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Coordination;

/// <summary>All that sites and the links between them log. Event ids 3200 to 3299, each given once.</summary>
internal static partial class SiteLog
{
    /// <summary>A link's state changed.</summary>
    public static void LinkIs(ILogger log, WanLink link, LineState before, LineHealth now)
    {
        if (now.State is LineState.Down or LineState.Degraded)
            LinkIsWorse(log, link, now.State, before, now.Why);
        else
            LinkIsWell(log, link, now.State, before, now.Trip?.SmoothedMs);
    }

    [LoggerMessage(3200, LogLevel.Information, "Site {Site} is {State}: {Connected} of {Hosts} hosts are connected.")]
    public static partial void SiteIs(ILogger log, SiteId site, SiteState state, int connected, int hosts);

    [LoggerMessage(3201, LogLevel.Warning, "Link {Link} is {State}, was {Before}. {Why}")]
    private static partial void LinkIsWorse(ILogger log, WanLink link, LineState state, LineState before, string? why);

    [LoggerMessage(
        3202, LogLevel.Information, "Link {Link} is {State}, was {Before}. The round trip is {RoundTripMs:0.0} ms.")]
    private static partial void LinkIsWell(
        ILogger log, WanLink link, LineState state, LineState before, double? roundTripMs);
}
