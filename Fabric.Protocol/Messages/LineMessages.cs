namespace Fabric.Protocol;

/// <summary>
/// To a host: ask that host of another site, every <see cref="Limits.Sites.ProbeEveryMs"/>, whether it is there. Good for
/// <see cref="Limits.Sites.WatchLastsMs"/>, so that one that is not repeated ends by itself.
/// </summary>
/// <param name="Link">The link's name.</param>
/// <param name="Target">Whom.</param>
/// <param name="Endpoint">Where it takes data links, and this.</param>
public sealed record LineWatch(string Link, HostId Target, DataEndpoint Endpoint);

/// <summary>From a host: what became of one question. It may be lost; the next comes soon.</summary>
/// <param name="Link">The link's name.</param>
/// <param name="Target">Who was asked.</param>
/// <param name="Answered">It answered.</param>
/// <param name="RoundTripMs">How long that took; null where it cannot be told, as when TCP had to send it again.</param>
/// <param name="SegmentsSent">TCP segments of the connection since the last report.</param>
/// <param name="SegmentsResent">Of them, those that were sent again.</param>
/// <param name="Problem">Why there was no answer.</param>
public sealed record LineProbed(
    string Link, HostId Target, bool Answered, double? RoundTripMs = null, long SegmentsSent = 0, long SegmentsResent = 0,
    string? Problem = null)
{
    /// <summary>What the types cannot say, in words; null when all is well.</summary>
    public string? Fault() => this switch
    {
        { Link: null or { Length: 0 or > (2 * Limits.Names.LengthMax) + 1 } } => "the link has no name",
        { Target.Value: null or "" } => "nobody was asked",
        { RoundTripMs: < 0 or > Limits.Sites.TripMsMax or double.NaN } => "the round trip is none",
        { SegmentsSent: < 0 or > Limits.Sites.SegmentsMax } => "the segments are no number of segments",
        { SegmentsResent: < 0 or > Limits.Sites.SegmentsMax } => "the segments sent again are no number of segments",
        { Problem.Length: > Limits.Sites.ProblemLengthMax } => "the problem is too long",
        _ => null,
    };
}
