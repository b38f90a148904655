namespace Fabric.Actors.Cluster;

/// <summary>Why a session ended. A closed list that crosses the wire by name in the close frame.</summary>
public enum LinkFault
{
    // Nobody's fault.
    Stopped = 1,
    PeerClosed = 2,
    Replaced = 3,

    // The way between, or the peer's pace.
    ConnectFailed = 10,
    ConnectionLost = 11,
    PeerSilent = 12,
    SlowConsumer = 13,

    // The peer broke the protocol.
    BinaryFrame = 20,
    MessageTooLarge = 21,
    FragmentFlood = 22,
    NotJson = 23,
    UnknownMessage = 24,
    BadMessage = 25,
    UnexpectedFrame = 26,
    FrameInvalid = 27,

    // The greeting.
    HelloTimedOut = 40,
    VersionMismatch = 41,
    HostNameMismatch = 42,
    TooManyHosts = 43,

    // Ours.
    HandlerFailed = 60,
}

/// <summary>A peer broke the protocol; the session ends with this fault.</summary>
public sealed class LinkProtocolException(LinkFault fault, string message, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>What is wrong.</summary>
    public LinkFault Fault { get; } = fault;
}
