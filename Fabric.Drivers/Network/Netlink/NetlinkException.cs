namespace Fabric.Drivers.Network.Netlink;

/// <summary>What went wrong between us and the kernel; a closed list.</summary>
public enum NetlinkFault
{
    /// <summary>The kernel refused; its number and words are there.</summary>
    Refused = 1,

    /// <summary>The kernel did not answer in time: whether it was done is unknown.</summary>
    NoAnswer,

    /// <summary>The kernel had more to say than the socket held (ENOBUFS): whether it was done is unknown.</summary>
    Lost,

    /// <summary>What came is not netlink, is cut off, or is over its bounds.</summary>
    Malformed,

    /// <summary>A table changed each time it was read.</summary>
    Unsteady,

    /// <summary>The socket could not be made or used.</summary>
    Socket,
}

/// <summary>A question to the kernel was not answered as it should.</summary>
public sealed class NetlinkException(NetlinkFault fault, string message, int error = 0) : Exception(message)
{
    /// <summary>What kind of failure it is.</summary>
    public NetlinkFault Fault { get; } = fault;

    /// <summary>The kernel's error number, positive; 0 when it gave none.</summary>
    public int Error { get; } = error;

    /// <summary>There is no such thing: what a removal wants.</summary>
    internal bool IsAbsence => Fault == NetlinkFault.Refused
        && Error is Errno.NoEntry or Errno.NoProcess or Errno.NoDevice or Errno.AddressNotAvailable;

    /// <summary>It is there already: what a creation wants.</summary>
    internal bool IsPresence => Fault == NetlinkFault.Refused && Error == Errno.Exists;
}

/// <summary>Linux's error numbers that are told apart.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoProcess = 3;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int AddressNotAvailable = 99;
    public const int NoBuffers = 105;
}
