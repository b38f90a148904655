using System.Globalization;
using System.Text;

namespace Fabric.Host.Hocon;

/// <summary>
/// Renders a resolved tree as JSON. Written by hand because numbers keep the text the user wrote, which
/// System.Text.Json would accept only as raw, unindented fragments.
/// </summary>
public static class HoconJson
{
    public static string Render(HoconValue value, bool compact = false)
    {
        var text = new StringBuilder();
        Append(text, value, compact, 0);
        return text.ToString();
    }

    internal static string Quote(string s)
    {
        var text = new StringBuilder(s.Length + 2);
        AppendQuoted(text, s);
        return text.ToString();
    }

    private static void Append(StringBuilder text, HoconValue value, bool compact, int level)
    {
        switch (value)
        {
            case HoconScalar { Kind: HoconScalarKind.Text } s:
                AppendQuoted(text, s.Text);
                break;
            case HoconScalar s:
                text.Append(s.Text);
                break;
            case HoconArray a:
                AppendList(text, '[', ']', a.Items, compact, level,
                    item => Append(text, item, compact, level + 1));
                break;
            case HoconObject o:
                AppendList(text, '{', '}', o.Fields, compact, level, field =>
                {
                    AppendQuoted(text, field.Key);
                    text.Append(compact ? ":" : ": ");
                    Append(text, field.Value, compact, level + 1);
                });
                break;
        }
    }

    private static void AppendList<T>(StringBuilder text, char open, char close, IReadOnlyList<T> items,
        bool compact, int level, Action<T> append)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            if (!compact)
                text.Append('\n').Append(' ', 2 * (level + 1));
            append(items[i]);
        }

        if (!compact && items.Count > 0)
            text.Append('\n').Append(' ', 2 * level);
        text.Append(close);
    }

    private static void AppendQuoted(StringBuilder text, string s)
    {
        text.Append('"');
        foreach (var c in s)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case < ' ' or '\u007f' or '\u2028' or '\u2029':
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default: text.Append(c); break;
            }
        }

        text.Append('"');
    }
}
