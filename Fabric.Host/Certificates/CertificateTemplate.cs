using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;
using Fabric.Transport.Security;

namespace Fabric.Host.Certificates;

/// <summary>What stands in our certificates.</summary>
internal static class CertificateTemplate
{
    private const string ServerAuthOid = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthOid = "1.3.6.1.5.5.7.3.2";

    public static CertificateRequest Ca(string name, ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        subject.AddOrganizationName("Fabric");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        // Path length 0: it signs peers, and no further CA.
        extensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    public static CertificateRequest Peer(
        PeerIdentity identity, ECDsa key, X509Certificate2 ca, SubjectAlternativeNameBuilder? alternatives)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(identity.Name);
        subject.AddOrganizationalUnitName(PeerIdentity.TextOf(identity.Role));
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension(Usages(identity.Role), critical: false));
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        extensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            ca, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (alternatives is not null)
            extensions.Add(alternatives.Build());
        return request;
    }

    /// <summary>Reads DNS names and addresses; null when there are none.</summary>
    public static SubjectAlternativeNameBuilder? AlternativeNames(IReadOnlyList<string> names, string path)
    {
        if (names.Count > Limits.NodeLink.CertificateNamesMax)
        {
            throw new CertificateException(CertificateProblem.NameUnfit, path,
                $"{names.Count} names are more than the {Limits.NodeLink.CertificateNamesMax} that fit.");
        }

        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            // As written only: the parser also takes "1" (a fine node name) for 0.0.0.1.
            if (IPAddress.TryParse(name, out var address) && (name.Contains(':') || name.Split('.').Length == 4))
                builder.AddIpAddress(address);
            else if (IsDnsName(name))
                builder.AddDnsName(name);
            else
                throw new CertificateException(CertificateProblem.NameUnfit, path,
                    $"'{Names.Shown(name)}' is neither a DNS name nor an IP address.");
        }

        return names.Count == 0 ? null : builder;
    }

    /// <summary>From a little ago, for hosts whose clocks differ, and inside the issuer's own validity.</summary>
    public static (DateTimeOffset From, DateTimeOffset To) Validity(
        TimeSpan validity, TimeProvider time, X509Certificate2? issuer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validity, TimeSpan.Zero);
        var now = time.GetUtcNow();
        var from = now - TimeSpan.FromMilliseconds(Limits.NodeLink.CertificateSkewMs);
        var to = now + validity;
        if (issuer is null)
            return (from, to);
        var first = Utc(issuer.NotBefore);
        var last = Utc(issuer.NotAfter);
        return (from < first ? first : from, to > last ? last : to);
    }

    /// <summary>A certificate's times are handed out as local ones.</summary>
    public static DateTimeOffset Utc(DateTime time) => new(time.ToUniversalTime());

    public static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(Limits.NodeLink.CertificateSerialBytes);
        // A positive integer without leading zeros, as DER wants it.
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }

    // An operator's certificate must not pass for a server: only a client's usage.
    private static OidCollection Usages(PeerRole role) => role is PeerRole.Node
        ? [new Oid(ServerAuthOid), new Oid(ClientAuthOid)]
        : [new Oid(ClientAuthOid)];

    private static bool IsDnsName(string name) =>
        name.Length <= 253 && name.Split('.').All(Names.IsValid);
}
