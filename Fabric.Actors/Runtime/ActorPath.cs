namespace Fabric.Actors.Runtime;

/// <summary>
/// Elements of paths end up in logs and file names, so they hold nothing that could be misread there.
/// </summary>
internal static class ActorPath
{
    public static string Check(string name, int lengthMax)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > lengthMax)
            throw new ArgumentException($"A name of {name.Length} characters; at most {lengthMax} are allowed.",
                nameof(name));
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or ':' or '~'))
                throw new ArgumentException(
                    $"Character U+{(int)c:X4} in a name: only ASCII letters, digits and -_.:~ are allowed.",
                        nameof(name));
        }

        return name is "." or ".."
            ? throw new ArgumentException("A name of dots only could be taken for a folder.", nameof(name))
            : name;
    }
}
