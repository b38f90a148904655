using System.Globalization;
using System.Text;

namespace Fabric.Host.Hocon.Syntax;

/// <summary>
/// Cuts text into tokens. White space is a token, because between two simple values it is part of the value;
/// comments are nothing. A word is the longest run without a character that has a meaning of its own.
/// </summary>
internal sealed class Lexer
{
    private const string NotInWords = "$\"{}[]:=,+#`^?!@*&\\";

    private readonly string _text;
    private readonly string _file;
    private int _at;
    private int _line = 1;
    private int _lineStart;

    public Lexer(string text, string file)
    {
        _text = text;
        _file = file;
        RefuseLoneSurrogates();
    }

    private HoconOrigin Here => new(_file, _line, _at - _lineStart + 1);

    public Token Next()
    {
        SkipComment();
        var origin = Here;
        if (_at == _text.Length)
            return new Token(TokenKind.EndOfFile, "", origin);
        var c = _text[_at];
        if (c == '\n')
        {
            Step();
            return new Token(TokenKind.NewLine, "\n", origin);
        }

        if (IsSpace(c))
            return new Token(TokenKind.Space, TakeWhile(IsSpace), origin);
        return c switch
        {
            ',' => Symbol(TokenKind.Comma, ",", origin),
            ':' => Symbol(TokenKind.Colon, ":", origin),
            '=' => Symbol(TokenKind.Equals, "=", origin),
            '{' => Symbol(TokenKind.OpenBrace, "{", origin),
            '}' => Symbol(TokenKind.CloseBrace, "}", origin),
            '[' => Symbol(TokenKind.OpenSquare, "[", origin),
            ']' => Symbol(TokenKind.CloseSquare, "]", origin),
            '+' when Looking("+=") => Symbol(TokenKind.PlusEquals, "+=", origin),
            '$' when Looking("${?") => Symbol(TokenKind.OptionalSubstitution, "${?", origin),
            '$' when Looking("${") => Symbol(TokenKind.Substitution, "${", origin),
            '"' when Looking("\"\"\"") => new Token(TokenKind.Quoted, TripleQuoted(origin), origin),
            '"' => new Token(TokenKind.Quoted, Quoted(origin), origin),
            _ => new Token(TokenKind.Word, Word(origin), origin),
        };
    }

    private static bool IsSpace(char c) =>
        c != '\n' && (char.IsWhiteSpace(c) || c is '\uFEFF' or (>= '\u001C' and <= '\u001F'));

    private bool Looking(string what) => string.CompareOrdinal(_text, _at, what, 0, what.Length) == 0;

    private Token Symbol(TokenKind kind, string text, HoconOrigin origin)
    {
        _at += text.Length;
        return new Token(kind, text, origin);
    }

    private void Step()
    {
        if (_text[_at++] != '\n')
            return;
        _line++;
        _lineStart = _at;
    }

    private string TakeWhile(Func<char, bool> wanted)
    {
        var start = _at;
        while (_at < _text.Length && wanted(_text[_at]))
            _at++;
        return _text[start.._at];
    }

    private void SkipComment()
    {
        if (_at == _text.Length || (_text[_at] != '#' && !Looking("//")))
            return;
        var end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end;
    }

    private string Word(HoconOrigin origin)
    {
        var start = _at;
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (c == '\n' || IsSpace(c) || Looking("//"))
                break;
            if (c == '+' && IsExponentSign(start))
            {
                _at++;
                continue;
            }

            if (NotInWords.Contains(c, StringComparison.Ordinal))
                break;
            if (char.IsControl(c))
                throw new HoconException(Here, $"control character U+{(int)c:X4}: remove it, or write it as an " +
                    "escape in a quoted string");
            _at++;
        }

        if (_at == start)
            throw new HoconException(origin, $"'{_text[_at]}' has no meaning here: put the text that holds it " +
                "in double quotes");
        return _text[start.._at];
    }

    /// <summary>The plus of "1.5e+3", which JSON allows, although a plus ends every other word.</summary>
    private bool IsExponentSign(int start) =>
        _at > start && _text[_at - 1] is ('e' or 'E')
        && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1])
        && HoconScalar.IsJsonNumber(_text.AsSpan(start, _at - 1 - start));

    private string TripleQuoted(HoconOrigin origin)
    {
        _at += 3;
        var start = _at;
        var end = _text.IndexOf("\"\"\"", _at, StringComparison.Ordinal);
        if (end < 0)
            throw new HoconException(origin, "this triple-quoted string is never closed: add \"\"\"");
        // The last three of a longer run of quotes close it; those before belong to the string.
        while (end + 3 < _text.Length && _text[end + 3] == '"')
            end++;
        while (_at < end + 3)
            Step();
        return _text[start..end];
    }

    private string Quoted(HoconOrigin origin)
    {
        var value = new StringBuilder();
        _at++;
        while (true)
        {
            if (_at == _text.Length || _text[_at] == '\n')
                throw new HoconException(origin, "this quoted string is not closed on its line: add the closing \", " +
                    "or use triple quotes for text of several lines");
            var at = Here;
            var c = _text[_at++];
            if (c == '"')
                break;
            if (c < ' ' && c != '\t')
                throw new HoconException(at,
                    $"control character U+{(int)c:X4} in a quoted string: write it as an escape");
            value.Append(c == '\\' ? Escape(at) : c);
        }

        var text = value.ToString();
        if (LoneSurrogate(text) >= 0)
            throw new HoconException(origin, "this string holds half of a \\u surrogate pair: write both halves");
        return text;
    }

    private char Escape(HoconOrigin at)
    {
        var c = _at < _text.Length ? _text[_at++] : '\0';
        switch (c)
        {
            case '"' or '\\' or '/': return c;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when _at + 4 <= _text.Length && ushort.TryParse(_text.AsSpan(_at, 4),
                    NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                _at += 4;
                return (char)code;
            default:
                throw new HoconException(at, "unknown escape: use \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four " +
                    "hexadecimal digits; a backslash itself is \\\\");
        }
    }

    private void RefuseLoneSurrogates()
    {
        var at = LoneSurrogate(_text);
        if (at < 0)
            return;
        var line = 1 + _text.AsSpan(0, at).Count('\n');
        throw new HoconException(new HoconOrigin(_file, line, at - _text.LastIndexOf('\n', at)),
            "half of a surrogate pair: the text is not valid Unicode, save the file as UTF-8");
    }

    public static int LoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return i;
            i++;
        }

        return -1;
    }
}
