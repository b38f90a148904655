using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Bench.Sites;

/// <summary>Times in which no process executed the guest.</summary>
internal static class RunGaps
{
    /// <summary>The longest that ended after a moment; null when none did.</summary>
    public static double? LongestMs(IEnumerable<RunInterval> runs, DateTimeOffset since)
    {
        double? longest = null;
        DateTimeOffset? until = null;
        foreach (var run in runs.OrderBy(r => r.From))
        {
            if (until is { } end && run.From > since && run.From > end)
                longest = Math.Max(longest ?? 0, (run.From - end).TotalMilliseconds);
            var to = run.To ?? DateTimeOffset.MaxValue;
            until = until is { } before && before > to ? before : to;
        }

        return longest;
    }
}
