namespace Fabric.Protocol;

/// <summary>Names of network interfaces, as the kernel takes them.</summary>
public static class LinkNames
{
    /// <summary>
    /// Whether it can be a name that we use. The kernel forbids '/', white space, '.' and '..' alone; a leading '-'
    /// would
    /// read as an option in any shell, and '%' asks the kernel to choose a number.
    /// </summary>
    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= Limits.Network.LinkNameLengthMax } && name is not ("." or "..") && name[0] != '-'
        && name.All(c => c is > ' ' and <= '~' and not ('/' or '%' or ':' or ','));
}
