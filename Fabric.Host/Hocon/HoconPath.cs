using System.Text.RegularExpressions;

namespace Fabric.Host.Hocon;

/// <summary>Writes paths the way a user would write them, for messages and for the environment.</summary>
internal static partial class HoconPath
{
    /// <summary>Joins with dots; a segment that a dot-separated path could not hold is quoted.</summary>
    public static string Show(IEnumerable<string> segments) =>
        string.Join('.', segments.Select(s => Plain().IsMatch(s) ? s : HoconJson.Quote(s)));

    [GeneratedRegex("^[A-Za-z0-9_-]+$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();
}
