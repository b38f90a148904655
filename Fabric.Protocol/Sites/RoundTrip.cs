namespace Fabric.Protocol;

/// <summary>
/// RFC 6298: how long an answer takes, and how long to wait for one. Of what was sent again no round trip is known (Karn),
/// so it is not given here.
/// </summary>
/// <param name="SmoothedMs">SRTT.</param>
/// <param name="VariationMs">RTTVAR.</param>
public sealed record RoundTrip(double SmoothedMs, double VariationMs)
{
    // The clock's granularity, G.
    private const double ClockMs = 1;

    /// <summary>Before anything was measured there is none; the first is what this makes of it.</summary>
    public static RoundTrip Seen(RoundTrip? before, double milliseconds)
    {
        var ms = Math.Clamp(milliseconds, 0, Limits.Sites.TripMsMax);
        if (before is null)
            return new RoundTrip(ms, ms / 2);
        // The variation first, with the smoothed value of before: (2.3) is in this order.
        var variation = ((1 - Limits.Sites.TripBeta) * before.VariationMs)
            + (Limits.Sites.TripBeta * Math.Abs(before.SmoothedMs - ms));
        return new RoundTrip(
            ((1 - Limits.Sites.TripAlpha) * before.SmoothedMs) + (Limits.Sites.TripAlpha * ms), variation);
    }

    /// <summary>RTO: after so long without an answer something was lost.</summary>
    public double TimeoutMs => Math.Clamp(
        SmoothedMs + Math.Max(ClockMs, Limits.Sites.TripVariations * VariationMs), Limits.Sites.TimeoutMsMin,
        Limits.Sites.TimeoutMsMax);
}
