using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabric.Host.Faults.Guest;

/// <summary>One line of the guest: <c>HB seq up= dirt= bad= scans= ...</c>.</summary>
/// <param name="Seq">Counts from 0.</param>
/// <param name="UpSeconds">The guest's own clock.</param>
/// <param name="Dirtied">Pages written so far.</param>
/// <param name="Bad">Pages found lost, torn or stale so far.</param>
/// <param name="At">When the line arrived.</param>
public sealed partial record Heartbeat(long Seq, double UpSeconds, long Dirtied, long Bad, DateTimeOffset At)
{
    /// <summary>Reads a whole line; null when it is another line, or a piece of one that a move has torn.</summary>
    public static Heartbeat? TryRead(string line, DateTimeOffset at)
    {
        if (Form().Match(line) is not { Success: true } match)
            return null;
        return long.TryParse(match.Groups["seq"].ValueSpan, CultureInfo.InvariantCulture, out var seq)
            && double.TryParse(match.Groups["up"].ValueSpan, CultureInfo.InvariantCulture, out var up)
            && long.TryParse(match.Groups["dirt"].ValueSpan, CultureInfo.InvariantCulture, out var dirtied)
            && long.TryParse(match.Groups["bad"].ValueSpan, CultureInfo.InvariantCulture, out var bad)
            ? new Heartbeat(seq, up, dirtied, bad, at)
            : null;
    }

    [GeneratedRegex(
        @"^HB (?<seq>\d+) up=(?<up>\d+\.\d+) dirt=(?<dirt>\d+) bad=(?<bad>\d+) scans=\d+ dseq=\d+ derr=\d+\r?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
