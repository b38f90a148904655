using System.Text.RegularExpressions;

namespace Fabric.Host.Hocon;

/// <summary>Writes paths the way a user would write them, for messages and for the environment.</summary>
internal static partial class HoconPath
{
    private const int ShownMax = 200;

    /// <summary>Joins with dots; a segment that a dot-separated path could not hold is quoted.</summary>
    public static string Show(IEnumerable<string> segments)
    {
        var path = string.Join('.', segments.Select(s => Plain().IsMatch(s) ? s : HoconJson.Quote(s)));
        return path.Length <= ShownMax ? path : path[..ShownMax] + "...";
    }

    [GeneratedRegex("^[A-Za-z0-9_-]+$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();
}
