namespace Fabric.Protocol.Tests.Convergence;

/// <summary>
/// A guest by its writable working set: sets of pages, each written at random at its own rate. In a time t a set of n
/// pages with w writes a second has n (1 - e^(-wt/n)) dirty ones.
/// </summary>
internal sealed record SyntheticGuest(long Pages, IReadOnlyList<(long Pages, double WritesPerSecond)> Sets)
{
    public long DirtiedIn(double seconds, int throttlePercent)
    {
        var share = 1 - (throttlePercent / 100.0);
        return (long)Sets.Sum(s => s.Pages * (1 - Math.Exp(-s.WritesPerSecond * share * seconds / s.Pages)));
    }
}

/// <summary>How a pre-copy of it went.</summary>
internal sealed record SyntheticOutcome(
    bool SwitchedOver, double DowntimeMs, double Seconds, int Rounds, int ThrottleMost, long SentBytes, long RateMost,
    IReadOnlyList<TransferDecision> Told);

/// <summary>
/// Pre-copy of a synthetic guest under a pilot, in its own time. It switches over by itself as QEMU does: at a round's
/// end, when what is left fits the downtime limit at the bandwidth of the line.
/// </summary>
internal static class SyntheticPreCopy
{
    // Half an hour of rounds that each take longer than the downtime allowed, 300 ms: 6,000.
    public const int RoundsMax = 10_000;

    public static SyntheticOutcome Run(
        SyntheticGuest guest, TransferPolicy policy, long lineBytesPerSecond, TimeSpan deadline)
    {
        const long Page = Limits.Guest.PageSize;
        var pilot = TransferPilot.Begin(policy, share: 0, lineShare: 0, deadline, TimeSpan.Zero);
        var (now, left, sent) = (TimeSpan.Zero, guest.Pages, 0L);
        var (throttleMost, rateMost) = (0, 0L);
        var told = new List<TransferDecision>();
        for (var number = 1; number <= RoundsMax; number++)
        {
            var rate = pilot.Limits.BandwidthMax is var limit and > 0
                ? Math.Min(limit, lineBytesPerSecond)
                : lineBytesPerSecond;
            rateMost = Math.Max(rateMost, rate);
            var seconds = Math.Max(0.001, left * Page / (double)rate);
            // In pieces, so that the deadline is seen within a long round.
            for (var piece = 0; piece < 10; piece++)
            {
                now += TimeSpan.FromSeconds(seconds / 10);
                var progress = new TransferProgress(
                    number, (long)(left * (9 - piece) / 10.0) * Page, sent, 0, guest.Pages * Page,
                    (long)(guest.DirtiedIn(seconds, 0) / seconds), rate, null);
                var within = TransferPilot.Step(pilot, new PilotProgress(progress), now);
                told.AddRange(within.Told);
                pilot = within.State;
                if (within.GiveUp is not null)
                    return new SyntheticOutcome(false, 0, now.TotalSeconds, number, throttleMost, sent, rateMost, told);
                // A hypervisor looks all the time whether what is left would fit.
                var stillLeft = (left * (9 - piece) / 10)
                    + guest.DirtiedIn(seconds * (piece + 1) / 10, pilot.Limits.ThrottlePercent);
                var pauseMs = Math.Min(stillLeft, guest.Pages) * Page * 1000.0 / rate;
                if (piece < 9 && pauseMs <= pilot.Limits.DowntimeLimitMs)
                {
                    return new SyntheticOutcome(
                        true, pauseMs, now.TotalSeconds + (pauseMs / 1000), number, throttleMost, sent, rateMost, told);
                }
            }

            sent += left * Page;
            var dirtied = guest.DirtiedIn(seconds, pilot.Limits.ThrottlePercent);
            var round = new Round(
                number, left, left * Page, dirtied, (long)(dirtied / seconds), rate, (long)(seconds * 1000));
            var step = TransferPilot.Step(pilot, new PilotRound(round), now);
            told.AddRange(step.Told);
            pilot = step.State;
            throttleMost = Math.Max(throttleMost, pilot.Limits.ThrottlePercent);
            left = dirtied;
            var downtime = left * Page * 1000.0 / lineBytesPerSecond;
            if (step.GiveUp is not null)
                return new SyntheticOutcome(false, 0, now.TotalSeconds, number, throttleMost, sent, rateMost, told);
            if (left * Page * 1000.0 / rate <= pilot.Limits.DowntimeLimitMs)
            {
                return new SyntheticOutcome(
                    true, downtime, now.TotalSeconds + (downtime / 1000), number, throttleMost, sent, rateMost, told);
            }
        }

        throw new InvalidOperationException("it neither ended nor gave up");
    }
}
