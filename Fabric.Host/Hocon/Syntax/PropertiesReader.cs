using System.Globalization;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Host.Hocon.Syntax;

/// <summary>
/// Java .properties: one key and value a line, every value a string, dots in keys separate. Where one key is
/// both a value and the parent of another, the object wins, in whatever order they stand.
/// </summary>
internal static class PropertiesReader
{
    private static readonly char[] Blank = [' ', '\t', '\f'];

    public static ObjectNode Parse(string text, string file, int depth)
    {
        var entries = new List<(string[] Path, ScalarNode Value)>();
        foreach (var (line, origin) in LogicalLines(text, file))
        {
            var at = 0;
            var key = Unescape(line, ref at, origin, stopAtSeparator: true);
            while (at < line.Length && Blank.Contains(line[at]))
                at++;
            if (at < line.Length && line[at] is ('=' or ':'))
                at++;
            while (at < line.Length && Blank.Contains(line[at]))
                at++;
            var value = Unescape(line, ref at, origin, stopAtSeparator: false);
            var path = key.Split('.');
            if (depth + path.Length > Limits.Hocon.NestingMax)
                throw new HoconException(origin,
                    $"nested deeper than {Limits.Hocon.NestingMax} levels: use fewer dots");
            entries.Add((path, new ScalarNode(new HoconScalar(origin, HoconScalarKind.Text, value))));
        }

        // Short keys first: a longer key then replaces the value that stands where its parent must be.
        var root = new ObjectNode(HoconOrigin.StartOf(file));
        foreach (var (path, value) in entries.OrderBy(e => e.Path.Length))
            root.Put(path, value);
        return root;
    }

    private static IEnumerable<(string Line, HoconOrigin Origin)> LogicalLines(string text, string file)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var origin = new HoconOrigin(file, i + 1, 1);
            var line = Trimmed(lines[i]);
            if (line.Length == 0 || line[0] is ('#' or '!'))
                continue;
            var whole = new StringBuilder(line);
            while (EndsInOpenBackslash(whole) && i + 1 < lines.Length)
            {
                whole.Length--;
                whole.Append(Trimmed(lines[++i]));
            }

            yield return (whole.ToString(), origin);
        }
    }

    private static string Trimmed(string line) => line.TrimEnd('\r').TrimStart(Blank);

    private static bool EndsInOpenBackslash(StringBuilder text)
    {
        var slashes = 0;
        while (slashes < text.Length && text[text.Length - 1 - slashes] == '\\')
            slashes++;
        return slashes % 2 == 1;
    }

    private static string Unescape(string line, ref int at, HoconOrigin origin, bool stopAtSeparator)
    {
        var text = new StringBuilder();
        for (; at < line.Length; at++)
        {
            var c = line[at];
            if (stopAtSeparator && (c is '=' or ':' || Blank.Contains(c)))
                break;
            if (c != '\\')
            {
                text.Append(c);
                continue;
            }

            if (++at == line.Length)
                break;
            text.Append(line[at] switch
            {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'f' => '\f',
                'u' => Code(line, ref at, origin),
                var other => other,
            });
        }

        var value = text.ToString();
        return Lexer.LoneSurrogate(value) < 0 ? value
            : throw new HoconException(origin, "this line holds half of a \\u surrogate pair: write both halves");
    }

    private static char Code(string line, ref int at, HoconOrigin origin)
    {
        if (at + 4 >= line.Length || !ushort.TryParse(line.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out var code))
            throw new HoconException(origin, "\\u is followed by four hexadecimal digits");
        at += 4;
        return (char)code;
    }
}
