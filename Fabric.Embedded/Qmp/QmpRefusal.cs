namespace Fabric.Embedded.Qmp;

/// <summary>A command that is refused, with QEMU's class and as far as possible its words.</summary>
internal sealed class QmpRefusal(string @class, string description) : Exception(description)
{
    /// <summary>Most errors.</summary>
    public const string Generic = "GenericError";

    /// <summary>There is no such command, or not now.</summary>
    public const string NotFound = "CommandNotFound";

    /// <summary>QEMU's class.</summary>
    public string Class => @class;

    /// <summary>A refusal of the usual class.</summary>
    public static QmpRefusal Of(string description) => new(Generic, description);
}
