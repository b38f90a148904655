namespace Fabric.Drivers.Disks.Nbd;

/// <summary>What went wrong at an NBD server.</summary>
internal enum NbdFault
{
    /// <summary>The connection ended.</summary>
    Lost = 1,

    /// <summary>It broke the protocol.</summary>
    Broken,

    /// <summary>It refused a request.</summary>
    Refused,

    /// <summary>It has no room for a write.</summary>
    NoSpace,
}

/// <summary>An NBD server did not do what was asked.</summary>
internal sealed class NbdException(NbdFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure it is.</summary>
    public NbdFault Fault { get; } = fault;

    /// <summary>The same failure for another waiter.</summary>
    public NbdException Again() => new(Fault, Message, this);
}
