namespace Fabric.Transport.Security;

/// <summary>Whether a peer may speak here: who it is, or why not. Exactly one of the two is set.</summary>
public readonly record struct PeerVerdict(PeerIdentity? Peer, string? Refusal)
{
    /// <summary>A peer that may speak.</summary>
    public static PeerVerdict Accept(PeerIdentity peer) => new(peer, Refusal: null);

    /// <summary>A peer that may not, and why.</summary>
    public static PeerVerdict Refuse(string why) => new(Peer: null, why);
}
