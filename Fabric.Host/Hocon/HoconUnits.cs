using System.Globalization;

namespace Fabric.Host.Hocon;

/// <summary>Durations and sizes, with exactly the spellings of the HOCON specification (case counts).</summary>
public static class HoconUnits
{
    private const decimal TicksPerNanosecond = 0.01m;

    private static readonly Dictionary<string, decimal> DurationTicks = Durations();
    private static readonly Dictionary<string, decimal> SizeBytes = Sizes();

    /// <summary>
    /// Reads "300ms", "1.5 hours"; a bare number is milliseconds. Rounds away from zero to a whole tick (100 ns),
    /// so that a duration that is not zero never becomes zero.
    /// </summary>
    public static bool TryDuration(string text, out TimeSpan duration, out string problem)
    {
        duration = default;
        if (!TryScale(text, DurationTicks, "ms", out var ticks))
        {
            problem = "is not a duration: write a number and one of ns, us, ms, s, m, h, d (\"300ms\", \"1h\")";
            return false;
        }

        ticks = ticks < 0 ? decimal.Floor(ticks) : decimal.Ceiling(ticks);
        if (ticks < long.MinValue || ticks > long.MaxValue)
        {
            problem = "is a longer duration than can be counted (about 29,000 years)";
            return false;
        }

        problem = "";
        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Reads "512M", "1.5 GiB"; a bare number is bytes. A fraction of a byte is dropped.</summary>
    public static bool TrySize(string text, out decimal bytes, out string problem)
    {
        if (!TryScale(text, SizeBytes, "B", out bytes))
        {
            problem = "is not a size: write a number and one of B, kB, MB, GB, TB (powers of 1000) " +
                "or KiB, MiB, GiB, TiB (powers of 1024)";
            return false;
        }

        problem = "";
        bytes = decimal.Truncate(bytes);
        return true;
    }

    private static bool TryScale(string text, Dictionary<string, decimal> units, string bare, out decimal scaled)
    {
        scaled = 0;
        var trimmed = text.AsSpan().Trim();
        var end = trimmed.Length;
        while (end > 0 && char.IsAsciiLetter(trimmed[end - 1]))
            end--;
        var unit = end == trimmed.Length ? bare : trimmed[end..].ToString();
        const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!units.TryGetValue(unit, out var factor)
            || !decimal.TryParse(trimmed[..end].TrimEnd(), Number, CultureInfo.InvariantCulture, out var number))
            return false;
        try
        {
            scaled = number * factor;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static Dictionary<string, decimal> Durations()
    {
        var table = new Dictionary<string, decimal>(StringComparer.Ordinal);
        Add(TicksPerNanosecond, "ns", "nano", "nanos", "nanosecond", "nanoseconds");
        Add(TimeSpan.TicksPerMicrosecond, "us", "micro", "micros", "microsecond", "microseconds");
        Add(TimeSpan.TicksPerMillisecond, "ms", "milli", "millis", "millisecond", "milliseconds");
        Add(TimeSpan.TicksPerSecond, "s", "second", "seconds");
        Add(TimeSpan.TicksPerMinute, "m", "minute", "minutes");
        Add(TimeSpan.TicksPerHour, "h", "hour", "hours");
        Add(TimeSpan.TicksPerDay, "d", "day", "days");
        return table;

        void Add(decimal ticks, params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
                table.Add(name, ticks);
        }
    }

    private static Dictionary<string, decimal> Sizes()
    {
        var table = new Dictionary<string, decimal>(StringComparer.Ordinal)
        {
            ["B"] = 1,
            ["b"] = 1,
            ["byte"] = 1,
            ["bytes"] = 1,
        };
        string[] tens = ["kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta"];
        string[] twos = ["kibi", "mebi", "gibi", "tebi", "pebi", "exbi", "zebi", "yobi"];
        decimal ten = 1;
        decimal two = 1;
        for (var i = 0; i < tens.Length; i++)
        {
            ten *= 1000;
            two *= 1024;
            var small = tens[i][..1];
            var large = small.ToUpperInvariant();
            // Only the thousand is written with a small letter: kB, but MB. "KB" is nobody's unit.
            table.Add(i == 0 ? "kB" : large + "B", ten);
            table.Add(tens[i] + "byte", ten);
            table.Add(tens[i] + "bytes", ten);
            string[] binary = [small, large, large + "i", large + "iB", twos[i] + "byte", twos[i] + "bytes"];
            foreach (var name in binary)
                table.Add(name, two);
        }

        return table;
    }
}
