using System.Runtime.Versioning;
using Fabric.Host.Certificates;
using Fabric.Testing;
using Fabric.Transport.Security;

namespace Fabric.Host.Tests.Certificates;

[UnsupportedOSPlatform("windows")]
public sealed class CertificateFilesTests : IDisposable
{
    private readonly CertificateDirectory _directory = new();

    public CertificateFilesTests()
    {
        _directory.Node("a").Dispose();
        _directory.Node("b").Dispose();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_whole_set_loads()
    {
        using var node = Load("ca.crt", "a.crt", "a.key");
        node.Identity.Name.ShouldBe("a");
        node.Certificate.HasPrivateKey.ShouldBeTrue();
        node.Roots.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("none.crt", "a.crt", "a.key", CertificateProblem.Missing)]
    [InlineData("ca.crt", "none/a.crt", "a.key", CertificateProblem.Missing)]
    [InlineData("ca.crt", "a.crt", "none.key", CertificateProblem.Missing)]
    [InlineData("", "a.crt", "a.key", CertificateProblem.IsDirectory)]
    [InlineData("ca.crt", "a.crt", "", CertificateProblem.IsDirectory)]
    [InlineData("a.key", "a.crt", "a.key", CertificateProblem.NotPem)]
    [InlineData("ca.crt", "a.key", "a.key", CertificateProblem.NotPem)]
    [InlineData("a.crt", "a.crt", "a.key", CertificateProblem.NotACa)]
    [InlineData("ca.crt", "a.crt", "b.key", CertificateProblem.KeyMismatch)]
    [InlineData("ca.crt", "ca.crt", "ca.key", CertificateProblem.SubjectUnfit)]
    public void A_wrong_file_is_named_with_its_problem(
        string ca, string certificate, string key, CertificateProblem problem) =>
        Should.Throw<CertificateException>(() => Load(ca, certificate, key)).Problem.ShouldBe(problem);

    [Theory]
    [InlineData("")]
    [InlineData("not a key\n")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void A_key_file_without_a_key_is_not_PEM(string text)
    {
        File.WriteAllText(_directory["a.key"], text);
        Should.Throw<CertificateException>(() => Load("ca.crt", "a.crt", "a.key"))
            .Problem.ShouldBe(CertificateProblem.NotPem);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_key_that_others_can_open_is_refused(UnixFileMode bit)
    {
        File.SetUnixFileMode(_directory["a.key"], UnixFileMode.UserRead | UnixFileMode.UserWrite | bit);
        Should.Throw<CertificateException>(() => Load("ca.crt", "a.crt", "a.key"))
            .Problem.ShouldBe(CertificateProblem.KeyReadableByOthers);
    }

    [Fact]
    public void A_file_that_is_far_too_large_is_not_read()
    {
        File.WriteAllText(_directory["a.crt"], new string('x', 100_000));
        Should.Throw<CertificateException>(() => Load("ca.crt", "a.crt", "a.key"))
            .Problem.ShouldBe(CertificateProblem.TooLarge);
    }

    [Fact]
    public void Validity_is_judged_by_the_clock_that_is_handed_in()
    {
        var later = new ManualTime(DateTimeOffset.UtcNow + (2 * CertificateDirectory.Year));
        Should.Throw<CertificateException>(() => Load("ca.crt", "a.crt", "a.key", later))
            .Problem.ShouldBe(CertificateProblem.Expired);
        var earlier = new ManualTime(DateTimeOffset.UtcNow - TimeSpan.FromDays(1));
        Should.Throw<CertificateException>(() => Load("ca.crt", "a.crt", "a.key", earlier))
            .Problem.ShouldBe(CertificateProblem.NotYetValid);
    }

    [Fact]
    public void A_certificate_of_another_CA_is_refused()
    {
        using var foreign = new CertificateDirectory();
        Should.Throw<CertificateException>(() => CertificateFiles.Load(
                foreign["ca.crt"], _directory["a.crt"], _directory["a.key"], TimeProvider.System))
            .Problem.ShouldBe(CertificateProblem.NotFromCa);
    }

    [Fact]
    public void Two_roots_in_one_file_are_both_trusted_while_a_CA_is_changed()
    {
        using var next = new CertificateDirectory();
        File.AppendAllText(next["ca.crt"], File.ReadAllText(_directory["ca.crt"]));
        using var node = CertificateFiles.Load(
            next["ca.crt"], _directory["a.crt"], _directory["a.key"], TimeProvider.System);
        node.Roots.Count.ShouldBe(2);
    }

    private NodeCertificate Load(string ca, string certificate, string key, TimeProvider? time = null) =>
        CertificateFiles.Load(_directory[ca], _directory[certificate], _directory[key], time ?? TimeProvider.System);
}
