using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>How a source makes a lost connection anew, or one more.</summary>
internal interface ILinkDialer
{
    /// <summary>
    /// Makes the connection of that slot. Blocks, for <see cref="Limits.Link.RedialTimeoutMs"/> at most.
    /// </summary>
    /// <exception cref="LinkException">Refused or BadFrame: there is no such link any more. All else may
    /// pass.</exception>
    LinkWire Dial(int slot, CancellationToken cancellation);
}
