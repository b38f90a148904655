using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;

namespace Fabric.Transport.Connect;

/// <summary>
/// TLS for the data link: 1.3 only, both sides with certificates of the fabric's CA, nothing looked up online, no
/// session resumption (a resumed session would not look at certificates again), no renegotiation.
/// </summary>
internal sealed class LinkTls(LinkIdentity identity, TimeProvider time)
{
    // The name is compared by the caller: the listener only knows whom to expect once it has seen the ticket.
    private const SslPolicyErrors Tolerated = SslPolicyErrors.RemoteCertificateNameMismatch;

    private readonly SslStreamCertificateContext _own =
        SslStreamCertificateContext.Create(identity.Certificate, additionalCertificates: null, offline: true);

    public SslServerAuthenticationOptions Server() => new()
    {
        ServerCertificateContext = _own,
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateRequired = true,
        CertificateChainPolicy = Policy(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            certificate is not null && errors == SslPolicyErrors.None,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
    };

    public SslClientAuthenticationOptions Client(HostId target) => new()
    {
        TargetHost = target.Value,
        ClientCertificateContext = _own,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = Policy(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            certificate is X509Certificate2 x509 && (errors & ~Tolerated) == SslPolicyErrors.None
                && PeerNames.Has(x509, target),
        AllowRenegotiation = false,
        AllowTlsResume = false,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
    };

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = time.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.AddRange(identity.Authorities);
        return policy;
    }
}
