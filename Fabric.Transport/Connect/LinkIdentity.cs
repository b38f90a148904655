using System.Security.Cryptography.X509Certificates;

namespace Fabric.Transport.Connect;

/// <summary>Who this host is on the data link, and whom it believes. The caller owns the certificates.</summary>
/// <param name="Certificate">This host's certificate, with its private key; for client and server use.</param>
/// <param name="Authorities">The fabric's own CA: the only roots that count. The system's are not asked.</param>
public sealed record LinkIdentity(X509Certificate2 Certificate, X509Certificate2Collection Authorities);
