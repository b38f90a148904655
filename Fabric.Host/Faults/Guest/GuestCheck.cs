using System.Globalization;
using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Faults.Guest;

/// <summary>What the guest says of itself over all its copies.</summary>
/// <param name="Heartbeats">How many arrived.</param>
/// <param name="LastSeq">The newest.</param>
/// <param name="MissingHeartbeats">Torn by a move, and so in no copy's console as a whole.</param>
/// <param name="MaxGapMs">The longest time between two of them: the pause as the guest's users feel it.</param>
/// <param name="PagesVerified">By the command <c>verify</c> at the end.</param>
/// <param name="Bad">Pages that were lost, torn or stale: in any heartbeat, or at the end.</param>
/// <param name="Clean">Nothing was bad and no counter went back.</param>
/// <param name="Notes">What is remarkable, violations included.</param>
public sealed record GuestCheck(
    int Heartbeats, long LastSeq, long MissingHeartbeats, double MaxGapMs, long PagesVerified, long Bad, bool Clean,
    IReadOnlyList<string> Notes)
{
    /// <summary>Puts the heartbeats of all copies in the order in which the copies ran, and checks them.</summary>
    /// <param name="copies">Every copy.</param>
    /// <param name="verified">The guest's own check at the end; null when it could not be asked.</param>
    /// <param name="recovered">
    /// An operator went back to a frozen copy after the guest had run on elsewhere, or started the VM anew after it was
    /// lost: counters may go back once.
    /// </param>
    public static GuestCheck Of(IReadOnlyList<CopyRecord> copies, Verification? verified, bool recovered)
    {
        var notes = new List<string>();
        var faults = 0;
        void Fault(string text)
        {
            faults++;
            notes.Add(text);
        }

        var ordered = InOrder(copies);
        var setbacksAllowed = recovered ? 1 : 0;
        long missing = 0;
        var gap = TimeSpan.Zero;
        foreach (var ((copy, previous), (nextCopy, next)) in ordered.Zip(ordered.Skip(1)))
        {
            if (next.At - previous.At > gap)
                gap = next.At - previous.At;
            var wentBack = next.Seq <= previous.Seq || next.UpSeconds < previous.UpSeconds
                || next.Dirtied < previous.Dirtied;
            if (!wentBack)
            {
                missing += next.Seq - previous.Seq - 1;
                continue;
            }

            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"counters went back from {previous.Seq} ({copy}) to {next.Seq} ({nextCopy})");
            if (setbacksAllowed-- > 0 && !string.Equals(copy, nextCopy, StringComparison.Ordinal))
                notes.Add($"{text}: an operator let an older copy run, or started the VM anew");
            else
                Fault(text);
        }

        var hops = copies.Count(c => c.Heartbeats.Count > 0);
        if (missing > hops)
        {
            Fault(string.Create(
                CultureInfo.InvariantCulture,
                $"{missing} heartbeats are missing, more than the {hops} copies can have torn"));
        }
        var bad = ordered.Select(h => h.Heartbeat.Bad).Append(verified?.Bad ?? 0).Max();
        if (bad > 0)
            Fault(string.Create(CultureInfo.InvariantCulture, $"{bad} pages are wrong"));
        if (verified is null or { Pages: 0 })
            Fault("the guest could not check its pages at the end");
        if (ordered.Count == 0)
            Fault("the guest wrote no heartbeat");
        return new GuestCheck(
            ordered.Count, ordered.Count > 0 ? ordered[^1].Heartbeat.Seq : 0, missing, gap.TotalMilliseconds,
            verified?.Pages ?? 0, bad, faults == 0, notes);
    }

    /// <summary>
    /// A heartbeat belongs to the last run of its copy that had begun when it arrived. A copy may run, give way to
    /// another, and run again, so runs are put in order and not copies.
    /// </summary>
    private static List<(string Copy, Heartbeat Heartbeat)> InOrder(IReadOnlyList<CopyRecord> copies) =>
    [
        .. copies
            .SelectMany(copy => copy.Heartbeats.Select(beat => (
                Copy: copy.Name,
                Heartbeat: beat,
                Run: copy.Runs.LastOrDefault(r => r.From <= beat.At)?.From ?? DateTimeOffset.MinValue)))
            .OrderBy(b => b.Run) // keeps the order within a copy
            .Select(b => (b.Copy, b.Heartbeat)),
    ];
}
