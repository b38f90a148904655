using Fabric.Protocol;

namespace Fabric.Host.Configuration;

/// <summary>"Did you mean": the nearest known word, if it is near enough to be a slip of the finger.</summary>
internal static class Suggestion
{
    public static string For(string word, IEnumerable<string> known)
    {
        if (word.Length > Limits.Hocon.SuggestLengthMax)
            return "";
        var last = LastSegment(word);
        var near = Math.Max(2, last.Length / 3);
        var best = known
            .Select(k => (Key: k, Distance: Distance(word, k)))
            .Where(c => c.Distance <= near || string.Equals(LastSegment(c.Key), last, StringComparison.Ordinal))
            .OrderBy(c => c.Distance)
            .ThenBy(c => c.Key, StringComparer.Ordinal)
            .FirstOrDefault();
        return best.Key is null ? "" : $", did you mean {best.Key}?";
    }

    /// <summary>Levenshtein: how many letters to insert, delete or change.</summary>
    public static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 0; i < a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < b.Length; j++)
            {
                var change = diagonal + (a[i] == b[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(change, 1 + Math.Min(row[j], row[j + 1]));
            }
        }

        return row[^1];
    }

    private static string LastSegment(string key) => key[(key.LastIndexOf('.') + 1)..];
}
