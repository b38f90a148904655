using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;

namespace Fabric.Transport.Security;

/// <summary>Our own certificate with its key, and the roots that peers are judged by. Owns both.</summary>
public sealed record NodeCertificate(
    X509Certificate2 Certificate, X509Certificate2Collection Roots, PeerIdentity Identity) : IDisposable
{
    /// <summary>The certificate's name as a host's. An operator's name is no host: look at the role.</summary>
    public HostId HostId => HostId.Of(Identity.Name);

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var root in Roots)
            root.Dispose();
    }

    /// <summary>Only what may stand in a log.</summary>
    public override string ToString() => $"{Identity}, valid to {Certificate.NotAfter.ToUniversalTime():u}";
}
