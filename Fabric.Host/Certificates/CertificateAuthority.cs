using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;
using Fabric.Transport.Security;

namespace Fabric.Host.Certificates;

/// <summary>
/// The fabric's own CA, in a directory: ca.crt goes to every host, ca.key stays here, NAME.crt and NAME.key go to the
/// one host they name. ECDSA P-256. What a certificate allows stands in its subject (OU), because the CA's signature
/// covers it and nothing else needs to be asked.
/// </summary>
public static class CertificateAuthority
{
    /// <summary>The CA's certificate.</summary>
    public const string CaFile = "ca.crt";

    /// <summary>The CA's key.</summary>
    public const string CaKeyFile = "ca.key";

    /// <summary>The name of the operator whose certificate comes with a new CA.</summary>
    public const string OperatorName = "operator";

    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Names under which a node is reached on its own machine.</summary>
    public static IReadOnlyList<string> DefaultNames { get; } = ["localhost", "127.0.0.1", "::1"];

    /// <summary>Makes ca.crt, ca.key, operator.crt and operator.key; returns the CA and the operator.</summary>
    public static IReadOnlyList<IssuedCertificate> Init(
        string directory, string name, TimeSpan validity, TimeProvider time, bool force = false)
    {
        RequireName(name, directory);
        CreateDirectory(directory);
        var certificatePath = Path.Combine(directory, CaFile);
        var keyPath = Path.Combine(directory, CaKeyFile);
        SecretFile.RequireFree(force, certificatePath, keyPath,
            Path.Combine(directory, OperatorName + ".crt"), Path.Combine(directory, OperatorName + ".key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var ca = MakeCa(name, key, validity, time);
        SecretFile.WriteKey(keyPath, key, force);
        SecretFile.WritePublic(certificatePath, ca.ExportCertificatePem(), force);
        var issued = new IssuedCertificate(certificatePath, keyPath, CertificateTemplate.Utc(ca.NotAfter));
        return [issued, Issue(directory, new PeerIdentity(OperatorName, PeerRole.Operator), [], validity, time, force)];
    }

    /// <summary>
    /// Makes NODE.crt and NODE.key from the directory's CA, good for the node's name and the given DNS names and
    /// addresses (null: those of its own machine).
    /// </summary>
    public static IssuedCertificate IssueNode(
        string directory, string nodeName, IReadOnlyList<string>? names, TimeSpan validity, TimeProvider time,
        bool force = false) =>
        Issue(directory, new PeerIdentity(nodeName, PeerRole.Node), [nodeName, .. names ?? DefaultNames], validity,
            time, force);

    /// <summary>Makes NAME.crt and NAME.key for one more operator.</summary>
    public static IssuedCertificate IssueOperator(
        string directory, string name, TimeSpan validity, TimeProvider time, bool force = false) =>
        Issue(directory, new PeerIdentity(name, PeerRole.Operator), [], validity, time, force);

    private static IssuedCertificate Issue(
        string directory, PeerIdentity identity, IReadOnlyList<string> names, TimeSpan validity, TimeProvider time,
        bool force)
    {
        RequireName(identity.Name, directory);
        var certificatePath = Path.Combine(directory, identity.Name + ".crt");
        var keyPath = Path.Combine(directory, identity.Name + ".key");
        if (identity.Name is "ca")
        {
            throw new CertificateException(CertificateProblem.NameUnfit, certificatePath,
                "is the CA's file. Take another name.");
        }


        var alternatives = CertificateTemplate.AlternativeNames(names, certificatePath);
        SecretFile.RequireFree(force, certificatePath, keyPath);
        using var ca = LoadCa(directory, time);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = CertificateTemplate.Peer(identity, key, ca, alternatives);
        var (from, to) = CertificateTemplate.Validity(validity, time, ca);
        using var certificate = request.Create(ca, from, to, CertificateTemplate.NewSerial());
        SecretFile.WriteKey(keyPath, key, force);
        SecretFile.WritePublic(certificatePath, certificate.ExportCertificatePem(), force);
        return new IssuedCertificate(certificatePath, keyPath, CertificateTemplate.Utc(certificate.NotAfter));
    }

    private static X509Certificate2 MakeCa(string name, ECDsa key, TimeSpan validity, TimeProvider time)
    {
        var (from, to) = CertificateTemplate.Validity(validity, time, issuer: null);
        var request = CertificateTemplate.Ca(name, key);
        return request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, to,
            CertificateTemplate.NewSerial());
    }

    private static X509Certificate2 LoadCa(string directory, TimeProvider time)
    {
        var certificatePath = Path.Combine(directory, CaFile);
        var keyPath = Path.Combine(directory, CaKeyFile);
        using var bare = CertificateFiles.LoadRoots(certificatePath)[0];
        CertificateFiles.RequireValidNow(bare, certificatePath, time);
        using var key = CertificateFiles.LoadKey(keyPath);
        CertificateFiles.RequireMatch(bare, key, keyPath);
        return bare.CopyWithPrivateKey(key);
    }

    private static void CreateDirectory(string directory)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(directory);
            else
                Directory.CreateDirectory(directory, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(CertificateProblem.Unreadable, directory, $"cannot be made: {e.Message}", e);
        }
    }

    private static void RequireName(string name, string directory)
    {
        if (!Names.IsValid(name))
        {
            throw new CertificateException(CertificateProblem.NameUnfit, directory,
                $"'{Names.Shown(name)}' is not a name: use 1 to {Limits.Names.LengthMax} of a-z, 0-9 and '-'.");
        }
    }
}
