namespace Fabric.Transport.Link;

/// <summary>What a link's path is like, as measured at this end.</summary>
/// <param name="Connections">That are up.</param>
/// <param name="RoundTrip">From end to end, by signs of life; null before the second, and where there are none.</param>
/// <param name="BytesPerSecond">Of the channels, as the peer acknowledged them over the last two seconds.</param>
/// <param name="SegmentsSent">TCP segments with bytes, all connections; null where the kernel does not say.</param>
/// <param name="SegmentsResent">Those that TCP sent again.</param>
public sealed record LinkMeasures(
    int Connections, TimeSpan? RoundTrip, long BytesPerSecond, long? SegmentsSent, long? SegmentsResent);
