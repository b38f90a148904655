using System.Globalization;

namespace Fabric.Host.Faults.Truth;

/// <summary>
/// Rule 2: at most one writer of a disk. No image has two processes that may write it; and of the copies that have run
/// their guest, one at most may write its disk at a time, whichever image that is. A copy that has not run yet is written
/// by what comes in, and by nobody else.
/// </summary>
public static class DiskWriters
{
    /// <summary>Each breach, in words; empty when there is none.</summary>
    public static IReadOnlyList<string> Find(IReadOnlyList<CopyRecord> copies)
    {
        var found = new List<string>();
        for (var i = 0; i < copies.Count; i++)
        {
            for (var j = i + 1; j < copies.Count; j++)
                found.AddRange(Between(copies[i], copies[j]));
        }

        return found;
    }

    private static IEnumerable<string> Between(CopyRecord one, CopyRecord other) =>
        from mine in one.Writings
        from theirs in other.Writings
        let isSame = string.Equals(mine.Image, theirs.Image, StringComparison.Ordinal)
        let began = Later(Begin(one, mine, isSame), Begin(other, theirs, isSame))
        let ended = mine.To < theirs.To ? mine.To : theirs.To
        where began < ended
        select isSame
            ? $"{one.Name} and {other.Name} could write {mine.Path} from {Text(began)} to {Text(ended)}"
            : $"{one.Name} could write its disk and {other.Name} its own from {Text(began)} to {Text(ended)}";

    private static DateTimeOffset Begin(CopyRecord copy, DiskWriting writing, bool isSame) => isSame ? writing.From
        : copy.Runs.Count == 0 ? DateTimeOffset.MaxValue
        : Later(writing.From, copy.Runs[0].From);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static string Text(DateTimeOffset moment) =>
        moment.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}
