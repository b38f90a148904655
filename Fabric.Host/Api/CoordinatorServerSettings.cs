using System.Net;
using Fabric.Protocol;

namespace Fabric.Host.Api;

/// <summary>Where the coordinator listens, and what it lets in.</summary>
/// <param name="Listen">Address and port; port 0 takes a free one.</param>
public sealed record CoordinatorServerSettings(IPEndPoint Listen)
{
    /// <summary>TCP connections, of which those with a WebSocket are a part.</summary>
    public int ConnectionsMax { get; init; } = Limits.NodeLink.ConnectionsMax;

    /// <summary>Body of a request, in bytes.</summary>
    public int BodyBytesMax { get; init; } = Limits.NodeLink.BodyBytesMax;

    /// <summary>All headers of a request, in bytes.</summary>
    public int HeadersBytesMax { get; init; } = Limits.NodeLink.HeadersBytesMax;

    /// <summary>Headers of a request.</summary>
    public int HeadersMax { get; init; } = Limits.NodeLink.HeadersMax;

    /// <summary>The TLS handshake, and then the headers, each.</summary>
    public TimeSpan HandshakeWithin { get; init; } = TimeSpan.FromMilliseconds(Limits.NodeLink.HandshakeWithinMs);
}
