using System.Net;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>A connection that did not become a link. Holds no secret.</summary>
/// <param name="Remote">Who came.</param>
/// <param name="Code">The answer that was given; null when it ended before a hello.</param>
/// <param name="Detail">What was wrong, in words.</param>
public sealed record HandshakeRefused(EndPoint? Remote, HelloCode? Code, string Detail);
