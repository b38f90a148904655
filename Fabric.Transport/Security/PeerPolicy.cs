using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fabric.Transport.Security;

/// <summary>
/// The one place that says whom we speak to, for the node link, the API and the data link. TLS 1.3 only; both sides
/// show a certificate; it leads to our CA and to no other (the system's roots count for nothing); it is valid now, is
/// made for that side of TLS, and its subject names a role that is welcome.
/// <para>
/// Sessions are never resumed: a resumed session skips the certificates, so a certificate that expired in between
/// would live on. Revocation is not asked online: a CA of our own has no server for it, and a fabric that must
/// heal a cut network cannot wait for one. A lost key means a new CA.
/// </para>
/// </summary>
public sealed class PeerPolicy(NodeCertificate own, TimeProvider time)
{
    private const string ServerAuthOid = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthOid = "1.3.6.1.5.5.7.3.2";

    private readonly SslStreamCertificateContext _context =
        SslStreamCertificateContext.Create(own.Certificate, additionalCertificates: null, offline: true);

    /// <summary>Our own certificate.</summary>
    public NodeCertificate Own => own;

    /// <summary>For a server. <paramref name="refused"/> hears why a peer was turned away.</summary>
    public SslServerAuthenticationOptions ServerOptions(
        IReadOnlyCollection<PeerRole> roles, Action<string>? refused = null) => new()
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ServerCertificateContext = _context,
            ClientCertificateRequired = true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = Offline(),
            AllowRenegotiation = false,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                Accepts(JudgeClient(certificate as X509Certificate2, roles), refused),
        };

    /// <summary>
    /// For a client. With <paramref name="expectedName"/> the server's subject must bear that name, wherever it is
    /// reached; without one, its certificate must name the host that was dialled.
    /// </summary>
    public SslClientAuthenticationOptions ClientOptions(
        string? expectedName, PeerRole role = PeerRole.Node, Action<string>? refused = null) => new()
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            TargetHost = expectedName,
            ClientCertificateContext = _context,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = Offline(),
            AllowRenegotiation = false,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                var mismatch = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
                return Accepts(JudgeServer(certificate as X509Certificate2, expectedName, role, mismatch), refused);
            },
        };

    /// <summary>Judges a client's certificate.</summary>
    public PeerVerdict JudgeClient(X509Certificate2? certificate, IReadOnlyCollection<PeerRole> roles) =>
        Judge(certificate, ClientAuthOid, roles);

    /// <summary>Judges a server's; <paramref name="addressMismatch"/>: it does not name what was dialled.</summary>
    public PeerVerdict JudgeServer(
        X509Certificate2? certificate, string? expectedName, PeerRole role, bool addressMismatch)
    {
        var verdict = Judge(certificate, ServerAuthOid, [role]);
        if (verdict.Peer is not { } peer)
            return verdict;
        if (expectedName is null && addressMismatch)
            return PeerVerdict.Refuse($"{peer} does not name the address that was dialled");
        return expectedName is not null && !string.Equals(peer.Name, expectedName, StringComparison.Ordinal)
            ? PeerVerdict.Refuse($"{peer} answered where '{expectedName}' was expected")
            : verdict;
    }

    /// <summary>Why the certificate does not lead to one of the roots at that time, or null.</summary>
    public static string? ChainProblem(
        X509Certificate2 certificate, X509Certificate2Collection roots, DateTimeOffset now, string? usage = null)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(roots);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTimeIgnored = false;
        policy.VerificationTime = now.LocalDateTime;
        if (usage is not null)
            policy.ApplicationPolicy.Add(new Oid(usage));
        var built = chain.Build(certificate);
        var problem = built ? null : string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
        foreach (var element in chain.ChainElements)
            element.Certificate.Dispose();
        return problem;
    }

    /// <summary>Who is at the other end of a stream that this policy let through.</summary>
    /// <exception cref="AuthenticationException">It is not through.</exception>
    public static PeerIdentity PeerOf(SslStream stream) =>
        stream is { IsMutuallyAuthenticated: true, RemoteCertificate: X509Certificate2 certificate }
            && PeerIdentity.Read(certificate, out _) is { } peer
            ? peer
            : throw new AuthenticationException("the peer has not proved who it is");

    internal static bool IsCa(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static basic => basic.CertificateAuthority);

    // For the chain that TLS builds by itself before it asks us: it must fetch nothing from where a stranger's
    // certificate points.
    private X509ChainPolicy Offline()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(own.Roots);
        return policy;
    }

    private PeerVerdict Judge(X509Certificate2? certificate, string usage, IReadOnlyCollection<PeerRole> roles)
    {
        if (certificate is null)
            return PeerVerdict.Refuse("the peer showed no certificate");
        if (ChainProblem(certificate, own.Roots, time.GetUtcNow(), usage) is { } problem)
            return PeerVerdict.Refuse($"the peer's certificate is not accepted: {problem}");
        // A certificate without any usage extension passes the chain's check as good for everything.
        if (IsCa(certificate) || !HasUsage(certificate, usage))
            return PeerVerdict.Refuse("the peer's certificate is not made for this side of TLS");
        if (PeerIdentity.Read(certificate, out var unfit) is not { } peer)
            return PeerVerdict.Refuse(unfit);
        return roles.Contains(peer.Role)
            ? PeerVerdict.Accept(peer)
            : PeerVerdict.Refuse($"{peer} has no business here");
    }

    private static bool HasUsage(X509Certificate2 certificate, string usage) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>())
            .Any(oid => string.Equals(oid.Value, usage, StringComparison.Ordinal));

    private static bool Accepts(PeerVerdict verdict, Action<string>? refused)
    {
        if (verdict.Refusal is { } why)
            refused?.Invoke(why);
        return verdict.Peer is not null;
    }
}
