using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>What is wrong with a link; a closed list.</summary>
public enum LinkFault
{
    /// <summary>Nobody answers at the address.</summary>
    Unreachable = 1,

    /// <summary>It took too long to make the link.</summary>
    TimedOut,

    /// <summary>TLS failed: a certificate is missing, expired, of another CA, or names another host.</summary>
    NotTrusted,

    /// <summary>The target refused the hello; <see cref="LinkException.Code"/> says why.</summary>
    Refused,

    /// <summary>The ticket was revoked, or the listener closed.</summary>
    Revoked,

    /// <summary>The connection ended without an end of stream.</summary>
    Cut,

    /// <summary>The peer sent what the wire does not allow.</summary>
    BadFrame,

    /// <summary>The peer aborted; <see cref="LinkException.Reason"/> says why.</summary>
    Aborted,
}

/// <summary>A link was not made, or does not go on. Holds no secret and no text from the peer.</summary>
public sealed class LinkException : Exception
{
    /// <summary>Makes the error.</summary>
    public LinkException(LinkFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>What kind of failure it is.</summary>
    public LinkFault Fault { get; }

    /// <summary>The target's answer, when <see cref="LinkFault.Refused"/>.</summary>
    public HelloCode? Code { get; init; }

    /// <summary>The peer's reason, when <see cref="LinkFault.Aborted"/>.</summary>
    public AbortReason? Reason { get; init; }
}
