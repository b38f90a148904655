using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Testing;
using Fabric.Transport.Security;

namespace Fabric.Host.Tests.Certificates;

/// <summary>Certificates that our own issuing never makes, signed with the true CA's key.</summary>
public sealed class PeerPolicyTests : IDisposable
{
    private static readonly PeerRole[] Nodes = [PeerRole.Node];
    private readonly CertificateDirectory _directory = new();
    private readonly NodeCertificate _own;
    private readonly PeerPolicy _policy;

    public PeerPolicyTests()
    {
        _own = _directory.Node("c1");
        _policy = new PeerPolicy(_own, TimeProvider.System);
    }

    public void Dispose()
    {
        _own.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_node_of_our_CA_is_accepted_by_name()
    {
        using var node = _directory.Node("a");
        _policy.JudgeClient(node.Certificate, Nodes).ShouldBe(PeerVerdict.Accept(new PeerIdentity("a", PeerRole.Node)));
    }

    [Fact]
    public void An_operator_is_refused_where_nodes_are_welcome_and_never_passes_for_a_server()
    {
        using var one = _directory.Operator();
        _policy.JudgeClient(one.Certificate, Nodes).Refusal.ShouldBe("operator 'operator' has no business here");
        _policy.JudgeClient(one.Certificate, [PeerRole.Operator]).Peer.ShouldNotBeNull();
        _policy.JudgeServer(one.Certificate, "operator", PeerRole.Operator, addressMismatch: false).Peer.ShouldBeNull();
    }

    [Fact]
    public void A_server_of_another_name_or_address_is_refused()
    {
        using var node = _directory.Node("a");
        _policy.JudgeServer(node.Certificate, "a", PeerRole.Node, addressMismatch: true).Peer.ShouldNotBeNull();
        _policy.JudgeServer(node.Certificate, "b", PeerRole.Node, addressMismatch: false).Refusal
            .ShouldBe("node 'a' answered where 'b' was expected");
        _policy.JudgeServer(node.Certificate, expectedName: null, PeerRole.Node, addressMismatch: true).Refusal
            .ShouldBe("node 'a' does not name the address that was dialled");
    }

    [Fact]
    public void A_certificate_is_refused_when_its_time_is_over()
    {
        using var node = _directory.Node("a", validity: TimeSpan.FromDays(30));
        var time = new ManualTime(DateTimeOffset.UtcNow);
        var policy = new PeerPolicy(_own, time);
        policy.JudgeClient(node.Certificate, Nodes).Peer.ShouldNotBeNull();
        time.Advance(TimeSpan.FromDays(31));
        policy.JudgeClient(node.Certificate, Nodes).Refusal!.ShouldContain("NotTimeValid");
    }

    [Theory]
    [InlineData("CN=a, OU=node", true)]
    [InlineData("CN=a", false)]
    [InlineData("OU=node", false)]
    [InlineData("CN=a, OU=root", false)]
    [InlineData("CN=a, OU=node, OU=operator", false)]
    [InlineData("CN=a, CN=b, OU=node", false)]
    [InlineData("CN=a+OU=node", false)]
    [InlineData("CN=\"a\nb\", OU=node", false)]
    [InlineData("CN=A, OU=node", false)]
    public void Only_one_name_and_one_role_make_a_peer(string subject, bool accepted)
    {
        using var certificate = Sign(subject, Usage("1.3.6.1.5.5.7.3.2"));
        (_policy.JudgeClient(certificate, Nodes).Peer is not null).ShouldBe(accepted);
    }

    [Fact]
    public void A_certificate_that_is_made_for_servers_only_or_for_nothing_is_refused_as_a_client()
    {
        using var server = Sign("CN=a, OU=node", Usage("1.3.6.1.5.5.7.3.1"));
        _policy.JudgeClient(server, Nodes).Refusal!.ShouldContain("NotValidForUsage");
        using var bare = Sign("CN=a, OU=node");
        _policy.JudgeClient(bare, Nodes).Refusal!.ShouldContain("not made for this side");
    }

    [Fact]
    public void A_CA_is_refused_as_a_peer()
    {
        using var certificate = Sign("CN=a, OU=node", Usage("1.3.6.1.5.5.7.3.2"),
            new X509BasicConstraintsExtension(true, false, 0, true));
        _policy.JudgeClient(certificate, Nodes).Peer.ShouldBeNull();
    }

    [Fact]
    public void A_certificate_that_another_peer_signed_is_refused()
    {
        using var a = _directory.Node("a");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=b, OU=node", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Usage("1.3.6.1.5.5.7.3.2"));
        using var forged = request.Create(a.Certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(a.Certificate.GetECDsaPrivateKey()!), DateTimeOffset.UtcNow,
            DateTimeOffset.UtcNow.AddDays(1), [1]);
        _policy.JudgeClient(forged, Nodes).Peer.ShouldBeNull();
    }

    private static X509EnhancedKeyUsageExtension Usage(string oid) => new([new Oid(oid)], critical: false);

    private X509Certificate2 Sign(string subject, params X509Extension[] extensions)
    {
        using var ca = X509Certificate2.CreateFromPemFile(_directory["ca.crt"], _directory["ca.key"]);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);
        return request.Create(ca, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3]);
    }
}
