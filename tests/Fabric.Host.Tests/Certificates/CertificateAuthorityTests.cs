using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Host.Certificates;
using Fabric.Transport.Security;

namespace Fabric.Host.Tests.Certificates;

[UnsupportedOSPlatform("windows")]
public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly CertificateDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Init_writes_four_files_and_keys_that_only_the_owner_reads()
    {
        Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .ShouldBe(["ca.crt", "ca.key", "operator.crt", "operator.key"]);
        foreach (var key in new[] { "ca.key", "operator.key" })
            File.GetUnixFileMode(_directory[key]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void The_CA_signs_peers_and_no_further_CA()
    {
        using var ca = X509CertificateLoader.LoadCertificateFromFile(_directory["ca.crt"]);
        var constraints = ca.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        constraints.CertificateAuthority.ShouldBeTrue();
        constraints.Critical.ShouldBeTrue();
        constraints.PathLengthConstraint.ShouldBe(0);
    }

    [Fact]
    public void A_node_certificate_holds_its_names_usages_and_role()
    {
        using var node = _directory.Node("a");
        var certificate = node.Certificate;
        node.Identity.ShouldBe(new PeerIdentity("a", PeerRole.Node));
        using var key = certificate.GetECDsaPublicKey()!;
        key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value
            .ShouldBe(ECCurve.NamedCurves.nistP256.Oid.Value);
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.ShouldBeFalse();
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>()
            .Select(oid => oid.Value).ShouldBe(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        names.EnumerateDnsNames().ShouldBe(["a", "localhost"]);
        names.EnumerateIPAddresses().Select(address => address.ToString()).ShouldBe(["127.0.0.1", "::1"]);
    }

    [Fact]
    public void Given_names_take_the_place_of_the_default_ones()
    {
        CertificateAuthority.IssueNode(_directory.Path, "7", ["b.example", "10.0.0.7"], CertificateDirectory.Year,
            TimeProvider.System);
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(_directory["7.crt"]);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        names.EnumerateDnsNames().ShouldBe(["7", "b.example"]);
        names.EnumerateIPAddresses().Select(address => address.ToString()).ShouldBe(["10.0.0.7"]);
    }

    [Fact]
    public void An_operator_certificate_is_no_server()
    {
        using var one = _directory.Operator();
        one.Identity.ShouldBe(new PeerIdentity("operator", PeerRole.Operator));
        one.Certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>()
            .Select(oid => oid.Value).ShouldBe(["1.3.6.1.5.5.7.3.2"]);
    }

    [Fact]
    public void Serial_numbers_differ_and_are_long()
    {
        var serials = Enumerable.Range(0, 8).Select(_ =>
        {
            using var node = _directory.Node("a");
            return node.Certificate.SerialNumber;
        }).ToList();
        serials.Distinct(StringComparer.Ordinal).Count().ShouldBe(8);
        serials.ShouldAllBe(serial => serial.Length == 32);
    }

    [Fact]
    public void A_node_certificate_does_not_outlive_its_CA()
    {
        using var node = _directory.Node("a", validity: 10 * CertificateDirectory.Year);
        node.Certificate.NotAfter.ShouldBe(node.Roots[0].NotAfter);
    }

    [Fact]
    public void Files_that_exist_are_kept_unless_forced()
    {
        var before = File.ReadAllText(_directory["ca.crt"]);
        Should.Throw<CertificateException>(() => CertificateAuthority.Init(
                _directory.Path, "other", CertificateDirectory.Year, TimeProvider.System))
            .Problem.ShouldBe(CertificateProblem.WouldOverwrite);
        File.ReadAllText(_directory["ca.crt"]).ShouldBe(before);

        CertificateAuthority.Init(
            _directory.Path, "other", CertificateDirectory.Year, TimeProvider.System, force: true);
        string.Equals(File.ReadAllText(_directory["ca.crt"]), before, StringComparison.Ordinal).ShouldBeFalse();
        Directory.GetFiles(_directory.Path, "*.tmp").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("A")]
    [InlineData("")]
    [InlineData("ca")]
    public void A_name_that_cannot_be_a_nodes_is_refused(string name) =>
        Should.Throw<CertificateException>(() => CertificateAuthority.IssueNode(
                _directory.Path, name, names: null, CertificateDirectory.Year, TimeProvider.System))
            .Problem.ShouldBe(CertificateProblem.NameUnfit);

    [Fact]
    public void The_command_prints_paths_and_no_key_and_tells_failure_by_its_exit_code()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        CertsCommand.Node(_directory.Path, "a", [], 30, force: false, output, error, TimeProvider.System).ShouldBe(0);
        output.ToString().ShouldContain(_directory["a.crt"]);
        error.ToString().ShouldBeEmpty();

        CertsCommand.Node(_directory.Path, "a", [], 30, force: false, output, error, TimeProvider.System).ShouldBe(1);
        error.ToString().ShouldContain("exists already");
        CertsCommand.Node(_directory.Path, "a", [], 0, force: true, output, error, TimeProvider.System).ShouldBe(1);
        CertsCommand.Init(_directory.Path, "again", 30, force: true, output, error, TimeProvider.System).ShouldBe(0);
        CertsCommand.Operator(_directory.Path, "ann", 30, force: false, output, error, TimeProvider.System).ShouldBe(0);
        (output.ToString() + error).Contains("PRIVATE", StringComparison.Ordinal).ShouldBeFalse();
    }
}
