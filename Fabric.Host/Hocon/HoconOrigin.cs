namespace Fabric.Host.Hocon;

/// <summary>Where a value was written. Line and column count from 1.</summary>
public readonly record struct HoconOrigin(string File, int Line, int Column)
{
    /// <summary>The place to name when the whole file is at fault (missing, too large, not UTF-8).</summary>
    public static HoconOrigin StartOf(string file) => new(file, 1, 1);

    public override string ToString() => $"{File}:{Line}";
}
