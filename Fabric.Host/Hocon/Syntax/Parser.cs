using Fabric.Protocol;

namespace Fabric.Host.Hocon.Syntax;

/// <summary>Recursive descent over one file. Substitutions stay nodes; includes are parsed in place.</summary>
internal sealed class Parser
{
    private readonly Lexer _lexer;
    private readonly Func<Include, int, ObjectNode> _include;
    private readonly List<string> _path = [];
    private Token _token;
    private int _depth;
    private int _arrays;

    /// <param name="text">The whole file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="depth">How deep the including object lies: includes may not get round the nesting limit.</param>
    /// <param name="include">Reads an include; gets the depth at which it stands.</param>
    public Parser(string text, string file, int depth, Func<Include, int, ObjectNode> include)
    {
        _lexer = new Lexer(text, file);
        _include = include;
        _depth = depth;
        _token = _lexer.Next();
    }

    public ObjectNode ParseFile()
    {
        SkipLines();
        if (_token.Kind == TokenKind.OpenSquare)
            throw Wrong("a configuration is an object, not an array: write fields ('key = value') at the top level");
        ObjectNode root;
        if (_token.Kind == TokenKind.OpenBrace)
        {
            root = ParseObject();
            SkipLines();
        }
        else
        {
            root = new ObjectNode(_token.Origin);
            Enter(_token.Origin, 1);
            ParseFields(root, TokenKind.EndOfFile, _token.Origin);
        }

        return _token.Kind == TokenKind.EndOfFile ? root : throw Unexpected("the end of the file");
    }

    private ObjectNode ParseObject()
    {
        var open = _token.Origin;
        Enter(open, 1);
        Advance();
        var result = new ObjectNode(open);
        ParseFields(result, TokenKind.CloseBrace, open);
        Advance();
        _depth--;
        return result;
    }

    private void ParseFields(ObjectNode target, TokenKind end, HoconOrigin open)
    {
        SkipLines();
        while (_token.Kind != end)
        {
            if (_token.Kind == TokenKind.EndOfFile)
                throw new HoconException(open, "this '{' is never closed: add '}'", Where());
            ParseField(target);
            EndItem(end, "a field");
        }
    }

    private void ParseField(ObjectNode target)
    {
        var at = _token.Origin;
        if (_token is { Kind: TokenKind.Word, Text: "include" })
        {
            ParseInclude(target);
            return;
        }

        if (_token.Kind is not (TokenKind.Word or TokenKind.Quoted))
            throw Unexpected("a key");
        var path = ParsePath();
        SkipLines();
        var kind = _token.Kind;
        if (kind is TokenKind.Colon or TokenKind.Equals or TokenKind.PlusEquals)
        {
            Advance();
            SkipLines();
        }
        else if (kind != TokenKind.OpenBrace)
        {
            throw Unexpected($"'=', ':', '+=' or '{{' after the key '{HoconPath.Show(path)}'");
        }

        // A path of n segments makes n - 1 objects.
        Enter(at, path.Count - 1);
        _path.AddRange(path);
        var value = ParseValue();
        if (kind == TokenKind.PlusEquals)
            value = Appending(at, value);
        _path.RemoveRange(_path.Count - path.Count, path.Count);
        _depth -= path.Count - 1;
        target.Put(path, value);
    }

    /// <summary><c>a += b</c> is short for <c>a = ${?a} [b]</c>.</summary>
    private ConcatNode Appending(HoconOrigin at, Node value)
    {
        if (_arrays > 0)
            throw new HoconException(at, "'+=' cannot be used inside an array, where the key has no path: " +
                "write the whole array with '='", Where());
        return new ConcatNode(at, [new ReferenceNode(at, [.. _path], optional: true), new ArrayNode(at, [value])]);
    }

    private IReadOnlyList<string> ParsePath()
    {
        var at = _token.Origin;
        var path = new PathText();
        while (path.Take(_token))
            Advance();
        return path.Finish(at);
    }

    private Node ParseValue()
    {
        var at = _token.Origin;
        var parts = new List<Node>();
        Token? space = null;
        while (true)
        {
            if (_token.Kind == TokenKind.Space)
            {
                space = _token;
                Advance();
                continue;
            }

            if (ParsePart() is not { } part)
                break;
            if (space is { } s && parts.Count > 0)
                parts.Add(new ScalarNode(new HoconScalar(s.Origin, HoconScalarKind.Text, s.Text), isSpace: true));
            space = null;
            parts.Add(part);
        }

        if (_token.Kind is TokenKind.Colon or TokenKind.Equals or TokenKind.PlusEquals)
            throw Wrong($"'{_token.Text}' cannot stand in an unquoted value: put the value in double quotes, or " +
                "begin the next field on a new line");
        return parts.Count > 0 ? Concatenation.Join(at, parts, Where()) : throw Unexpected("a value");
    }

    private Node? ParsePart()
    {
        var token = _token;
        switch (token.Kind)
        {
            case TokenKind.Word:
                Advance();
                return new ScalarNode(HoconScalar.FromWord(token.Origin, token.Text));
            case TokenKind.Quoted:
                Advance();
                return new ScalarNode(new HoconScalar(token.Origin, HoconScalarKind.Text, token.Text));
            case TokenKind.OpenBrace:
                return ParseObject();
            case TokenKind.OpenSquare:
                return ParseArray();
            case TokenKind.Substitution or TokenKind.OptionalSubstitution:
                Advance();
                var path = ParsePath();
                if (_token.Kind != TokenKind.CloseBrace)
                    throw Unexpected("the '}' of a substitution (a key with special characters is quoted: ${\"a:b\"})");
                Advance();
                return new ReferenceNode(token.Origin, path, token.Kind == TokenKind.OptionalSubstitution);
            default:
                return null;
        }
    }

    private ArrayNode ParseArray()
    {
        var open = _token.Origin;
        Enter(open, 1);
        _arrays++;
        Advance();
        SkipLines();
        var items = new List<Node>();
        while (_token.Kind != TokenKind.CloseSquare)
        {
            if (_token.Kind == TokenKind.EndOfFile)
                throw new HoconException(open, "this '[' is never closed: add ']'", Where());
            items.Add(ParseValue());
            EndItem(TokenKind.CloseSquare, "an element");
        }

        Advance();
        _arrays--;
        _depth--;
        return new ArrayNode(open, items);
    }

    private void ParseInclude(ObjectNode target)
    {
        var at = _token.Origin;
        Advance();
        var call = TakeCall();
        var name = _token;
        Include.Check(at, call, name);
        Advance();
        var close = TakeCall();
        if (!string.Equals(close, new string(')', call.Count('(')), StringComparison.Ordinal))
            throw new HoconException(at, $"expected '{new string(')', call.Count('('))}' and the end of the line " +
                "after the name of the included file");
        var required = call.StartsWith("required(", StringComparison.Ordinal);
        var included = _include(new Include(at, name.Text, required), _depth - 1);
        if (_arrays > 0 && included.HasReferences)
            throw new HoconException(at, "a file included inside an array may not hold substitutions, because they " +
                "would have no path to be relative to: include it elsewhere and refer to it", Where());
        included.Reroot([.. _path]);
        target.PutAll(included);
    }

    /// <summary>The words around an included name, "required(file(" and "))", without white space.</summary>
    private string TakeCall()
    {
        var call = "";
        // The longest that means something has 14 letters; a file of nothing but words must not be piled up here.
        while (call.Length <= "required(file(".Length && _token.Kind is (TokenKind.Space or TokenKind.Word))
        {
            call += _token.Text.Trim();
            Advance();
        }

        return call;
    }

    /// <summary>Between two items stand one comma, or new lines, or both; a last comma is allowed.</summary>
    private void EndItem(TokenKind end, string item)
    {
        var newLine = SkipLines();
        if (_token.Kind == TokenKind.Comma)
        {
            Advance();
            SkipLines();
            if (_token.Kind == TokenKind.Comma)
                throw Wrong($"two commas in a row: remove one, or write {item} between them");
        }
        else if (!newLine && _token.Kind != end && _token.Kind != TokenKind.EndOfFile)
        {
            throw Unexpected(end == TokenKind.EndOfFile ? "a new line or ','"
                : $"a new line, ',' or '{(end == TokenKind.CloseBrace ? '}' : ']')}'");
        }
    }

    private void Enter(HoconOrigin at, int levels)
    {
        _depth += levels;
        if (_depth > Limits.Hocon.NestingMax)
            throw new HoconException(at, $"nested deeper than {Limits.Hocon.NestingMax} levels: use fewer levels");
    }

    private void Advance() => _token = _lexer.Next();

    private bool SkipLines()
    {
        var any = false;
        while (_token.Kind is TokenKind.NewLine or TokenKind.Space)
        {
            any |= _token.Kind == TokenKind.NewLine;
            Advance();
        }

        return any;
    }

    private string? Where() => _path.Count == 0 ? null : HoconPath.Show(_path);

    private HoconException Wrong(string problem) => new(_token.Origin, problem, Where());

    private HoconException Unexpected(string expected) => Wrong($"expected {expected}, found {_token.Describe()}");
}
