using System.Globalization;

namespace Fabric.Host.Faults.Truth;

/// <summary>Finds moments at which two processes executed the guest.</summary>
public static class Overlaps
{
    /// <summary>Each pair, in words; empty when there is none.</summary>
    public static IReadOnlyList<string> Find(IReadOnlyList<CopyRecord> copies)
    {
        var found = new List<string>();
        for (var i = 0; i < copies.Count; i++)
        {
            for (var j = i + 1; j < copies.Count; j++)
            {
                found.AddRange(
                    from one in copies[i].Runs
                    from other in copies[j].Runs
                    where one.Overlaps(other)
                    select $"{copies[i].Name} ran {Text(one)} and {copies[j].Name} {Text(other)}");
            }
        }

        return found;
    }

    /// <summary>The longest time between the first and the last run in which nothing ran.</summary>
    public static TimeSpan LongestGap(IReadOnlyList<CopyRecord> copies)
    {
        var longest = TimeSpan.Zero;
        DateTimeOffset? ranUntil = null;
        foreach (var run in copies.SelectMany(c => c.Runs).OrderBy(r => r.From))
        {
            if (ranUntil is { } until && run.From - until > longest)
                longest = run.From - until;
            var end = run.To ?? DateTimeOffset.MaxValue;
            ranUntil = ranUntil is { } before && before > end ? before : end;
        }

        return longest;
    }

    private static string Text(RunInterval run)
    {
        var end = run.To is { } to ? Text(to) : "now";
        return $"from {Text(run.From)} to {end}";
    }

    private static string Text(DateTimeOffset moment) =>
        moment.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}
