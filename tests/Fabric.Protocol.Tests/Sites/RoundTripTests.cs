using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Protocol.Tests.Sites;

public sealed class RoundTripTests
{
    [Fact]
    public void The_first_makes_the_smoothed_one_and_half_of_it_the_variation()
    {
        // RFC 6298, 2.2: SRTT = R, RTTVAR = R/2, RTO = R + 4 x R/2.
        var trip = RoundTrip.Seen(null, 100);
        trip.ShouldBe(new RoundTrip(100, 50));
        trip.TimeoutMs.ShouldBe(300);
    }

    [Fact]
    public void The_next_changes_the_variation_first_and_then_the_smoothed_one()
    {
        // RFC 6298, 2.3: RTTVAR = 3/4 x 50 + 1/4 x |100 - 180| = 57.5; SRTT = 7/8 x 100 + 1/8 x 180 = 110.
        var trip = RoundTrip.Seen(RoundTrip.Seen(null, 100), 180);
        trip.ShouldBe(new RoundTrip(110, 57.5));
        trip.TimeoutMs.ShouldBe(340);
    }

    [Fact]
    public void A_path_that_does_not_vary_comes_to_its_round_trip_and_the_least_time_out()
    {
        RoundTrip? trip = null;
        for (var i = 0; i < 100; i++)
            trip = RoundTrip.Seen(trip, 50);
        trip!.SmoothedMs.ShouldBe(50);
        trip.VariationMs.ShouldBeLessThan(0.001);
        trip.TimeoutMs.ShouldBe(Limits.Sites.TimeoutMsMin);
    }

    [Fact]
    public void A_clock_that_is_good_to_a_millisecond_is_waited_for() =>
        new RoundTrip(500, 0).TimeoutMs.ShouldBe(501, "RFC 6298: at least G above the smoothed one");

    [Fact]
    public void Whatever_is_measured_the_smoothed_one_stays_between_the_least_and_the_most() =>
        Prop.ForAll(Gen.Choose(0, 100_000).NonEmptyListOf().ToArbitrary(), measured =>
        {
            RoundTrip? trip = null;
            foreach (var ms in measured)
                trip = RoundTrip.Seen(trip, ms);
            var least = Math.Min(measured.Min(), Limits.Sites.TripMsMax);
            var most = Math.Min(measured.Max(), Limits.Sites.TripMsMax);
            trip!.SmoothedMs.ShouldBeInRange(least - 1e-6, most + 1e-6);
            trip.VariationMs.ShouldBeInRange(0, Limits.Sites.TripMsMax);
            trip.TimeoutMs.ShouldBeInRange(
                Math.Max(Limits.Sites.TimeoutMsMin, Math.Min(trip.SmoothedMs, Limits.Sites.TimeoutMsMax)),
                Limits.Sites.TimeoutMsMax);
        }).QuickCheckThrowOnFailure();
}
