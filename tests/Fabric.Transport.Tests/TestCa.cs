using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Transport.Security;

namespace Fabric.Transport.Tests;

/// <summary>A certificate authority that lives as long as a test run.</summary>
internal sealed class TestCa
{
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public TestCa(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(10));
    }

    // First: the authorities below are made with it.
    public static DateTimeOffset Now { get; } = TimeProvider.System.GetUtcNow();

    public static TestCa Ours { get; } = new("fabric test ca");

    public static TestCa Foreign { get; } = new("another ca");

    public X509Certificate2Collection Authorities => [_root];

    /// <summary>A node with that certificate, who believes our CA.</summary>
    public static PeerPolicy Policy(X509Certificate2 certificate, TimeProvider? time = null) => new(
        new NodeCertificate(certificate, Ours.Authorities, new PeerIdentity("unused", PeerRole.Node)),
        time ?? TimeProvider.System);

    /// <summary>A node with a certificate of this CA, who believes our CA.</summary>
    public PeerPolicy Node(
        string name, TimeProvider? time = null, int validDays = 30, string role = "node", string[]? usages = null) =>
        Policy(Issue($"CN={name}, OU={role}", validDays, usages), time);

    private X509Certificate2 Issue(string subject, int validDays, string[]? usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        var oids = new OidCollection();
        foreach (var usage in usages ?? [ServerAuth, ClientAuth])
            oids.Add(new Oid(usage));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical: false));
        var from = validDays > 0 ? Now.AddDays(-1) : Now.AddDays(validDays - 10);
        var serial = RandomNumberGenerator.GetBytes(8);
        using var bare = request.Create(_root, from, Now.AddDays(validDays), serial);
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), password: null);
    }
}
