namespace Fabric.Host.Hocon.Syntax;

internal enum TokenKind
{
    EndOfFile = 1,
    NewLine,
    Space,
    Comma,
    Colon,
    Equals,
    PlusEquals,
    OpenBrace,
    CloseBrace,
    OpenSquare,
    CloseSquare,
    Word,
    Quoted,
    Substitution,
    OptionalSubstitution,
}
