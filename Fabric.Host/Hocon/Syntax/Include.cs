namespace Fabric.Host.Hocon.Syntax;

/// <param name="Origin">Where the include stands.</param>
/// <param name="Name">The file, relative to the including one, perhaps without extension.</param>
/// <param name="Required">Whether it is an error that no such file exists.</param>
internal readonly record struct Include(HoconOrigin Origin, string Name, bool Required)
{
    public static void Check(HoconOrigin at, string call, Token name)
    {
        if (call.StartsWith("url(", StringComparison.Ordinal) || call.Contains("(url(", StringComparison.Ordinal)
            || call.Contains("classpath(", StringComparison.Ordinal))
            throw new HoconException(at, "only files can be included: write include file(\"...\")");
        if (call is not ("" or "file(" or "required(" or "required(file(") || name.Kind != TokenKind.Quoted)
            throw new HoconException(at, "'include' is followed by a quoted file name, file(\"...\") or " +
                "required(\"...\"); a key of that name is quoted (\"include\")");
    }
}
