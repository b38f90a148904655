using System.Globalization;
using Fabric.Host.Faults.Guest;

namespace Fabric.Host.Faults.Truth;

/// <summary>What was seen of the guest's disk when nobody wrote it any more.</summary>
/// <param name="Acknowledged">Blocks that the guest was told are on disk, as it said last.</param>
/// <param name="KnownBefore">The highest such number that any copy of the same guest had said.</param>
/// <param name="Found">What the image holds; null when it could not be looked at, and then <paramref name="Problem"/>.</param>
/// <param name="Problem">Why nothing can be said.</param>
public sealed record DiskEvidence(
    DiskAcknowledgement? Acknowledged, long KnownBefore, WrittenBlocks? Found, string? Problem = null)
{
    /// <summary>What was lost, in words.</summary>
    public IEnumerable<string> Faults()
    {
        if (Acknowledged is not { } told || Found is not { } found)
        {
            yield return Problem ?? "the guest's disk could not be looked at";
            yield break;
        }

        if (told.Number < KnownBefore)
            yield return Text($"the guest knew of {KnownBefore} blocks on disk, and later of {told.Number}");
        if (!found.IsWhole)
            yield return Text($"of {told.Number} acknowledged blocks {found.Lost} are lost; the newest is {found.Newest}");
        if (told.Bad > 0)
            yield return Text($"the guest read {told.Bad} blocks that it had not written so");
        if (told.Errors > 0)
            yield return Text($"{told.Errors} of the guest's reads, writes and flushes failed");
    }

    /// <summary>What was looked at.</summary>
    public string Seen => Text($"{Acknowledged?.Number ?? 0} acknowledged blocks");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
