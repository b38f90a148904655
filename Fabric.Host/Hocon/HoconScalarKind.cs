namespace Fabric.Host.Hocon;

public enum HoconScalarKind
{
    Text = 1,
    Number,
    Boolean,
    Null,
}
