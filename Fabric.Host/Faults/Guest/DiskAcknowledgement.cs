using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabric.Host.Faults.Guest;

/// <summary>One line of the guest's disk writer: <c>ACK number up= flush= bad= errors=</c>.</summary>
/// <param name="Number">Of the block up to which all is on disk, as the guest was told.</param>
/// <param name="Bad">Blocks that the guest found wrong when it read them again.</param>
/// <param name="Errors">Writes, reads and flushes that failed.</param>
public sealed partial record DiskAcknowledgement(long Number, long Bad, long Errors)
{
    /// <summary>Reads a whole line; null when it is another, or a piece of one that a move has torn.</summary>
    public static DiskAcknowledgement? TryRead(string line)
    {
        if (Form().Match(line) is not { Success: true } match)
            return null;
        long Of(string name) => long.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture);
        return new DiskAcknowledgement(Of("number"), Of("bad"), Of("errors"));
    }

    [GeneratedRegex(
        @"^ACK (?<number>\d{1,18}) up=\d+\.\d+ flush=\d+\.\d+ bad=(?<bad>\d{1,18}) errors=(?<errors>\d{1,18})\r?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
