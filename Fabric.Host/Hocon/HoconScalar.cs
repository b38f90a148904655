namespace Fabric.Host.Hocon;

/// <summary>
/// A string, number, boolean or null. The text is kept as it was written: a number is never turned into a
/// double and back.
/// </summary>
public sealed class HoconScalar : HoconValue
{
    internal HoconScalar(HoconOrigin origin, HoconScalarKind kind, string text)
        : base(origin, 1 + TextWeight(text), 0)
    {
        Kind = kind;
        Text = text;
    }

    public HoconScalarKind Kind { get; }

    public string Text { get; }

    public bool IsNull => Kind == HoconScalarKind.Null;

    public override string KindName => Kind switch
    {
        HoconScalarKind.Text => "a string",
        HoconScalarKind.Number => "a number",
        HoconScalarKind.Boolean => "a boolean",
        _ => "null",
    };

    internal static long TextWeight(string text) => text.Length / 64;

    /// <summary>What an unquoted word means: JSON's words and numbers are themselves, the rest is text.</summary>
    internal static HoconScalar FromWord(HoconOrigin origin, string word) => new(origin, word switch
    {
        "true" or "false" => HoconScalarKind.Boolean,
        "null" => HoconScalarKind.Null,
        _ when IsJsonNumber(word) => HoconScalarKind.Number,
        _ => HoconScalarKind.Text,
    }, word);

    internal static bool IsJsonNumber(ReadOnlySpan<char> s)
    {
        if (s.StartsWith("-"))
            s = s[1..];
        var whole = Digits(s);
        if (whole == 0 || (whole > 1 && s[0] == '0'))
            return false;
        s = s[whole..];
        if (s.StartsWith("."))
        {
            var fraction = Digits(s[1..]);
            if (fraction == 0)
                return false;
            s = s[(1 + fraction)..];
        }

        if (s.IsEmpty)
            return true;
        if (s[0] is not ('e' or 'E'))
            return false;
        s = s[1..];
        if (!s.IsEmpty && s[0] is ('+' or '-'))
            s = s[1..];
        return !s.IsEmpty && Digits(s) == s.Length;
    }

    private static int Digits(ReadOnlySpan<char> s)
    {
        var n = s.IndexOfAnyExceptInRange('0', '9');
        return n < 0 ? s.Length : n;
    }
}
