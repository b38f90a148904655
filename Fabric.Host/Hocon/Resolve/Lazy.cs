namespace Fabric.Host.Hocon.Resolve;

/// <summary>A value known as far as its kind: fields of an object and items of an array are still cells.</summary>
internal abstract class Lazy(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;

    /// <summary>The finished value, once it was made. A value is shared by all who refer to it.</summary>
    public HoconValue? Done { get; set; }

    /// <summary>Whether it is being finished right now: meeting it again then is a cycle.</summary>
    public bool Busy { get; set; }
}
