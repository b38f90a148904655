using System.Globalization;

namespace Fabric.Host.Configuration;

/// <summary>Writes the bounds of a range in the largest unit that is exact.</summary>
internal static class UnitText
{
    public static string Duration(TimeSpan t) => t.Ticks switch
    {
        0 => "0",
        var n when n % TimeSpan.TicksPerDay == 0 => Text(n / TimeSpan.TicksPerDay, "d"),
        var n when n % TimeSpan.TicksPerHour == 0 => Text(n / TimeSpan.TicksPerHour, "h"),
        var n when n % TimeSpan.TicksPerMinute == 0 => Text(n / TimeSpan.TicksPerMinute, "m"),
        var n when n % TimeSpan.TicksPerSecond == 0 => Text(n / TimeSpan.TicksPerSecond, "s"),
        var n => Text(n / TimeSpan.TicksPerMillisecond, "ms"),
    };

    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        var unit = 0;
        while (bytes >= 1024 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return Text(bytes, units[unit]);
    }

    private static string Text(long n, string unit) => n.ToString(CultureInfo.InvariantCulture) + unit;
}
