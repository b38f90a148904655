namespace Fabric.Host.Bench;

/// <summary>The middle of some figures.</summary>
public static class Medians
{
    /// <summary>Of an even number the mean of both in the middle; of none it is not a number.</summary>
    public static double Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        if (sorted.Length == 0)
            return double.NaN;
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
