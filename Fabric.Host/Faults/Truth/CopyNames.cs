using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabric.Host.Faults.Truth;

/// <summary>
/// What the name of a copy's directory says: <c>e1</c> was booted, <c>e1-t4-a2</c> came in by attempt 2 of term 4, and
/// <c>e1-t4-a2-r1</c> took the place of that one's process.
/// </summary>
internal static partial class CopyNames
{
    public static long? TermOf(string name) => Part(name, "term");

    public static int? AttemptOf(string name) => (int?)Part(name, "attempt");

    private static long? Part(string name, string part) => Form().Match(name) is { Success: true } match
        ? long.Parse(match.Groups[part].ValueSpan, CultureInfo.InvariantCulture)
        : null;

    [GeneratedRegex(@"(^|/)e\d{1,9}-t(?<term>\d{1,9})-a(?<attempt>\d{1,9})(-r\d)?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
