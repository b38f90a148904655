namespace Fabric.Host.Hocon.Syntax;

/// <summary>A token; the text of a quoted string is already unescaped.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, HoconOrigin Origin)
{
    public string Describe() => Kind switch
    {
        TokenKind.EndOfFile => "the end of the file",
        TokenKind.NewLine => "the end of the line",
        TokenKind.Space => "white space",
        TokenKind.Quoted => "a quoted string",
        TokenKind.Word => Text.Length > 40 ? $"'{Text[..40]}...'" : $"'{Text}'",
        _ => $"'{Text}'",
    };
}
