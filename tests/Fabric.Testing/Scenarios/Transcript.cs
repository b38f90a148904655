using System.Text;

namespace Fabric.Testing.Scenarios;

/// <summary>
/// A scenario as text: a heading of <c>#</c> lines, then commands at the margin, each followed by what it led to,
/// indented.
/// </summary>
public static class Transcript
{
    private const string Indent = "    ";

    /// <summary>Plays the commands of a transcript and returns the transcript with what happened this time.</summary>
    /// <exception cref="ScenarioException">A command makes no sense, with its line.</exception>
    /// <exception cref="RuleBrokenException">A rule does not hold, with the line.</exception>
    public static string Play(string text, IScenarioWorld world)
    {
        var played = new StringBuilder();
        var number = 0;
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            number++;
            if (line.StartsWith(Indent, StringComparison.Ordinal))
                continue;
            played.Append(line).Append('\n');
            if (line.Length == 0 || line[0] == '#')
                continue;
            foreach (var output in Try(line, number, world))
                played.Append(Indent).Append(output).Append('\n');
        }

        return played.ToString();
    }

    /// <summary>The first lines at which two transcripts differ, with what came before them.</summary>
    public static string Difference(string recorded, string played)
    {
        var (was, now) = (recorded.Split('\n'), played.Split('\n'));
        var at = Enumerable.Range(0, Math.Max(was.Length, now.Length)).First(
            i => i >= was.Length || i >= now.Length || !string.Equals(was[i], now[i], StringComparison.Ordinal));
        var before = was.Take(at).TakeLast(3).Select(l => $"  {l}");
        var gone = was.Skip(at).Take(12).Select(l => $"- {l}");
        var come = now.Skip(at).Take(12).Select(l => $"+ {l}");
        return $"line {at + 1} differs:\n{string.Join('\n', before.Concat(gone).Concat(come))}";
    }

    private static IReadOnlyList<string> Try(string command, int number, IScenarioWorld world)
    {
        try
        {
            return world.Do(command);
        }
        catch (ScenarioException e)
        {
            throw new ScenarioException($"line {number}, '{command}': {e.Message}");
        }
        catch (RuleBrokenException e)
        {
            throw new RuleBrokenException($"line {number}: {e.Message}");
        }
    }
}
