namespace Fabric.Protocol;

/// <summary>
/// A line's budget, shared max-min fairly: nobody can be given more without taking it from someone who has no more than
/// they. Who wants less than an equal part gets what it wants, and what it leaves is shared by the others.
/// </summary>
public static class FairShare
{
    /// <summary>Shares a budget.</summary>
    /// <param name="budget">Bytes a second; 0 is no limit.</param>
    /// <param name="wanted">What each wants at most, bytes a second; 0 is as much as there is.</param>
    /// <returns>Each one's share, in the same order; 0, as everywhere, is unlimited.</returns>
    public static long[] Of(long budget, IReadOnlyList<long> wanted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(budget);
        if (wanted.Count > Limits.Rate.SharersMax)
            throw new ArgumentOutOfRangeException(nameof(wanted), wanted.Count, "too many share one line");
        if (budget == 0)
            return [.. wanted];
        var shares = new long[wanted.Count];
        var (left, waiting) = (budget, wanted.Count);
        // From the most modest to the one that takes all there is: what each leaves is known when the next is asked.
        foreach (var i in Enumerable.Range(0, wanted.Count).OrderBy(i => wanted[i] == 0 ? long.MaxValue : wanted[i]))
        {
            var equal = left / waiting--;
            // A share of nothing would read as unlimited; a line that thin carries a byte a second for each.
            shares[i] = Math.Max(1, wanted[i] == 0 ? equal : Math.Min(wanted[i], equal));
            left = Math.Max(0, left - shares[i]);
        }

        return shares;
    }
}
