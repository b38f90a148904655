namespace Fabric.Host.Hocon.Syntax;

/// <summary>A value as it was written, before substitutions are resolved.</summary>
internal abstract class Node(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;

    /// <summary>Whether a substitution stands anywhere in it: then what it hides must be kept for look-back.</summary>
    public abstract bool HasReferences { get; }

    /// <summary>Makes the substitutions of an included file relative to the object that includes it.</summary>
    public virtual void Reroot(IReadOnlyList<string> prefix)
    {
    }
}
