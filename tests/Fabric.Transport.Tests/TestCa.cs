using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Transport.Connect;

namespace Fabric.Transport.Tests;

/// <summary>A certificate authority that lives as long as a test run.</summary>
internal sealed class TestCa
{
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

    /// <summary>An identity of this CA that trusts our CA.</summary>
    public LinkIdentity Identity(string subject, string? dns = null, int validDays = 30) =>
        new(Issue(subject, dns, validDays), Ours.Authorities);

    public X509Certificate2 Issue(string subject, string? dns = null, int validDays = 30)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (dns is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dns);
            request.CertificateExtensions.Add(names.Build());
        }

        var from = validDays > 0 ? Now.AddDays(-1) : Now.AddDays(validDays - 10);
        var serial = RandomNumberGenerator.GetBytes(8);
        using var bare = request.Create(_root, from, Now.AddDays(validDays), serial);
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), password: null);
    }
}
