using System.Globalization;

namespace Fabric.Host.Hocon;

/// <summary>
/// Rates of lines, as network people write them: <c>200mbit</c>, <c>1.5 Gbit</c> (a second, powers of 1000, case does
/// not count), or bytes a second as a size (<c>25MB</c>, <c>128MiB</c>). 0 is unlimited.
/// </summary>
public static class RateText
{
    /// <summary>Reads bytes a second.</summary>
    public static bool TryRead(string text, out long bytesPerSecond)
    {
        bytesPerSecond = 0;
        var trimmed = text.Trim();
        if (FactorOf(trimmed, out var digits) is not { } factor)
        {
            if (!HoconUnits.TrySize(trimmed, out var size, out _) || size is < 0 or > long.MaxValue)
                return false;
            bytesPerSecond = (long)size;
            return true;
        }

        const NumberStyles Style = NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(digits, Style, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / factor)
            return false;
        // Upwards, so that a rate never becomes none, which is unlimited.
        bytesPerSecond = (long)decimal.Ceiling(number * factor / 8);
        return true;
    }

    /// <summary>Bits a second, in the largest unit that leaves a number of 1 or more.</summary>
    public static string Show(double bytesPerSecond)
    {
        string[] units = ["bit", "kbit", "Mbit", "Gbit"];
        var (bits, unit) = (bytesPerSecond * 8, 0);
        for (; bits >= 1000 && unit < units.Length - 1; unit++)
            bits /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{bits:0.#} {units[unit]}/s");
    }

    private static decimal? FactorOf(string text, out string digits)
    {
        digits = text;
        const StringComparison Any = StringComparison.OrdinalIgnoreCase;
        foreach (var (unit, factor) in (ReadOnlySpan<(string, decimal)>)
            [("gbit", 1e9m), ("mbit", 1e6m), ("kbit", 1e3m), ("bit", 1m)])
        {
            if (!text.EndsWith(unit, Any))
                continue;
            digits = text[..^unit.Length].TrimEnd();
            return factor;
        }

        return null;
    }
}
