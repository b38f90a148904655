using Fabric.Host.Certificates;
using Fabric.Transport.Security;

namespace Fabric.Host.Tests.Certificates;

/// <summary>A CA in a temporary directory.</summary>
public sealed class CertificateDirectory : IDisposable
{
    public static readonly TimeSpan Year = TimeSpan.FromDays(365);

    public CertificateDirectory(TimeProvider? time = null) =>
        CertificateAuthority.Init(Path, "test-ca", Year, time ?? TimeProvider.System);

    public string Path { get; } = Directory.CreateTempSubdirectory("fabric-certs-").FullName;

    public string this[string file] => System.IO.Path.Combine(Path, file);

    public NodeCertificate Node(string name, TimeProvider? issuedAt = null, TimeSpan? validity = null)
    {
        var issued = CertificateAuthority.IssueNode(
            Path, name, names: null, validity ?? Year, issuedAt ?? TimeProvider.System, force: true);
        // Loaded with the clock of its issue: an expired one must be held to be shown to a server.
        return CertificateFiles.Load(
            this["ca.crt"], issued.CertificatePath, issued.KeyPath, issuedAt ?? TimeProvider.System);
    }

    public NodeCertificate Operator() =>
        CertificateFiles.Load(this["ca.crt"], this["operator.crt"], this["operator.key"], TimeProvider.System);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
