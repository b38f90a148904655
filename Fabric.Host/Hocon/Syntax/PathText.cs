using System.Text;

namespace Fabric.Host.Hocon.Syntax;

/// <summary>
/// Puts the tokens of a path expression together: dots in words separate, quoted text never does, white space
/// inside belongs to the segment, white space around does not.
/// </summary>
internal sealed class PathText
{
    private readonly List<string> _segments = [];
    private readonly StringBuilder _segment = new();
    private string _space = "";
    private bool _started;
    private bool _quoted;

    /// <summary>Whether the token was one that may stand in a path.</summary>
    public bool Take(Token token)
    {
        switch (token.Kind)
        {
            case TokenKind.Space:
                _space = _started ? token.Text : "";
                return true;
            case TokenKind.Quoted:
                FlushSpace();
                _segment.Append(token.Text);
                _quoted = true;
                return true;
            case TokenKind.Word:
                FlushSpace();
                TakeWord(token);
                return true;
            default:
                return false;
        }
    }

    public IReadOnlyList<string> Finish(HoconOrigin origin)
    {
        if (!_started)
            throw new HoconException(origin, "a key is missing here: write one, or quote an empty one (\"\")");
        EndSegment(origin);
        if (_segments.Count > Protocol.Limits.Hocon.NestingMax)
            throw new HoconException(origin, $"a path of {_segments.Count} segments is longer than the " +
                $"{Protocol.Limits.Hocon.NestingMax} allowed");
        return _segments;
    }

    private void FlushSpace()
    {
        _segment.Append(_space);
        _space = "";
        _started = true;
    }

    private void TakeWord(Token token)
    {
        var parts = token.Text.Split('.');
        for (var i = 0; i < parts.Length; i++)
        {
            if (i > 0)
                EndSegment(token.Origin);
            _segment.Append(parts[i]);
        }
    }

    private void EndSegment(HoconOrigin origin)
    {
        if (_segment.Length == 0 && !_quoted)
            throw new HoconException(origin, "a path may not begin or end with a dot nor hold two in a row: " +
                "remove the dot, or quote the key that holds it");
        _segments.Add(_segment.ToString());
        _segment.Clear();
        _quoted = false;
    }
}
