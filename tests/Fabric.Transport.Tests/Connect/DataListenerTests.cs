using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Connect;

public class DataListenerTests
{
    [Fact]
    public async Task A_source_with_its_ticket_gets_a_link()
    {
        await using var rig = new Rig();
        await rig.WorksAsync();
    }

    [Fact]
    public async Task A_link_that_comes_before_anyone_waits_is_kept()
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        await using var source = await rig.ConnectAsync(ticket);
        await using var target = await rig.Listener.AcceptAsync(ticket, Guard.Token());
        target.Sends.ShouldBe(LinkChannel.ReturnPath);
    }

    [Fact]
    public async Task A_ticket_is_good_once()
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        var (source, target) = await rig.LinkAsync(ticket);
        (await rig.RefusedAsync(ticket)).Code.ShouldBe(HelloCode.TicketUsed);
        rig.NextRefusal().Code.ShouldBe(HelloCode.TicketUsed);
        await source.DisposeAsync();
        await target.DisposeAsync();
        (await rig.RefusedAsync(ticket)).Code.ShouldBe(HelloCode.TicketUsed);
        await rig.WorksAsync();
    }

    [Fact]
    public async Task A_hello_that_does_not_match_is_refused_and_spends_nothing()
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        var stranger = TestCa.Ours.Node("host-c");
        (await rig.RefusedAsync(ticket, stranger)).Code.ShouldBe(HelloCode.WrongPeer);
        (await rig.RefusedAsync(ticket, migration: MigrationId.Of("m-8"))).Code.ShouldBe(HelloCode.WrongMigration);
        (await rig.RefusedAsync(ticket, attempt: 2)).Code.ShouldBe(HelloCode.WrongAttempt);
        (await rig.RefusedAsync(new Ticket(new byte[32]))).Code.ShouldBe(HelloCode.UnknownTicket);
        var near = Convert.FromHexString(ticket.Reveal());
        near[31] ^= 1;
        (await rig.RefusedAsync(new Ticket(near))).Code.ShouldBe(HelloCode.UnknownTicket);
        await rig.WorksAsync(ticket);
    }

    [Fact]
    public async Task A_ticket_of_one_purpose_is_refused_for_another_and_not_spent()
    {
        await using var rig = new Rig();
        var (memory, disk) = (rig.Issue(), rig.Issue(LinkPurpose.OfDisk(1)));
        (await rig.RefusedAsync(memory, purpose: LinkPurpose.OfDisk(0))).Code.ShouldBe(HelloCode.WrongPurpose);
        (await rig.RefusedAsync(disk)).Code.ShouldBe(HelloCode.WrongPurpose);
        (await rig.RefusedAsync(disk, purpose: LinkPurpose.OfDisk(0))).Code.ShouldBe(HelloCode.WrongPurpose);
        rig.NextRefusal().Code.ShouldBe(HelloCode.WrongPurpose);

        // Both of one migration and attempt, in any order.
        await using var source = await rig.ConnectAsync(disk, purpose: LinkPurpose.OfDisk(1));
        await using var target = await rig.Listener.AcceptAsync(disk, Guard.Token());
        (await rig.RefusedAsync(disk, purpose: LinkPurpose.OfDisk(1))).Code.ShouldBe(HelloCode.TicketUsed);
        await rig.WorksAsync(memory);
    }

    [Fact]
    public async Task A_disks_ticket_that_comes_too_late_is_refused()
    {
        var time = new ManualTime();
        await using var rig = new Rig(time);
        var disk = rig.Issue(LinkPurpose.OfDisk(0));
        time.Advance(Limits.Relay.TicketLifetimeMs);
        (await rig.RefusedAsync(disk, purpose: LinkPurpose.OfDisk(0))).Code.ShouldBe(HelloCode.TicketExpired);
    }

    [Fact]
    public async Task A_ticket_that_comes_too_late_is_refused_and_its_waiter_told()
    {
        var time = new ManualTime();
        await using var rig = new Rig(time);
        var ticket = rig.Issue();
        var waiting = rig.Listener.AcceptAsync(ticket, Guard.Token());
        time.Advance(Limits.Relay.TicketLifetimeMs);
        (await Should.ThrowAsync<LinkException>(() => waiting.Within())).Fault.ShouldBe(LinkFault.TimedOut);
        (await rig.RefusedAsync(ticket)).Code.ShouldBe(HelloCode.TicketExpired);
        await rig.WorksAsync();
    }

    [Fact]
    public async Task A_revoked_ticket_is_unknown_and_its_waiter_told()
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        var waiting = rig.Listener.AcceptAsync(ticket, Guard.Token());
        rig.Tickets.Revoke(ticket);
        rig.Tickets.Revoke(ticket);
        (await Should.ThrowAsync<LinkException>(() => waiting.Within())).Fault.ShouldBe(LinkFault.Revoked);
        (await rig.RefusedAsync(ticket)).Code.ShouldBe(HelloCode.UnknownTicket);
        await Should.ThrowAsync<LinkException>(() => rig.Listener.AcceptAsync(ticket, Guard.Token()));
        await rig.WorksAsync();
    }

    [Fact]
    public async Task A_link_that_nobody_took_is_aborted_when_its_ticket_is_revoked()
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        await using var source = await rig.ConnectAsync(ticket);
        rig.Tickets.Revoke(ticket);
        var error = await Should.ThrowAsync<LinkException>(() => source.ReceiveAsync(new byte[1]).Within());
        error.Fault.ShouldBeOneOf(LinkFault.Aborted, LinkFault.Cut);
    }

    [Fact]
    public void Tickets_are_bounded_and_spent_or_expired_ones_make_room()
    {
        var time = new ManualTime();
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        var book = new TicketBook(random, time);
        for (var i = 0; i < Limits.Relay.TicketsMax; i++)
            book.Issue(Rig.Migration, i + 1, Rig.Source);
        Should.Throw<InvalidOperationException>(() => book.Issue(Rig.Migration, 1, Rig.Source));
        time.Advance(Limits.Relay.TicketLifetimeMs);
        book.Issue(Rig.Migration, 1, Rig.Source).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("foreign ca")]
    [InlineData("expired")]
    [InlineData("self-signed")]
    [InlineData("operator")]
    [InlineData("no role")]
    [InlineData("server only")]
    public async Task A_source_whose_certificate_is_not_good_gets_no_link_and_spends_nothing(string kind)
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        var identity = kind switch
        {
            "foreign ca" => TestCa.Foreign.Node("host-a"),
            "expired" => TestCa.Ours.Node("host-a", validDays: -1),
            "operator" => TestCa.Ours.Node("host-a", role: "operator"),
            "no role" => TestCa.Ours.Node("host-a", role: "host"),
            "server only" => TestCa.Ours.Node("host-a", usages: [TestCa.ServerAuth]),
            _ => SelfSigned("CN=host-a, OU=node"),
        };
        (await rig.RefusedAsync(ticket, identity)).Fault.ShouldBe(LinkFault.Cut);
        var refusal = rig.NextRefusal();
        refusal.Code.ShouldBeNull();
        refusal.Detail.ShouldContain("TLS");
        await rig.WorksAsync(ticket);
    }

    [Fact]
    public async Task A_source_without_a_certificate_gets_no_link()
    {
        await using var rig = new Rig();
        var stream = new System.Net.Security.SslStream(await rig.PlainAsync());
        var options = TestCa.Ours.Node("host-a").ClientOptions(Rig.Target.Value);
        options.ClientCertificateContext = null;
        await stream.AuthenticateAsClientAsync(options, Guard.Token());
        rig.NextRefusal().Detail.ShouldContain("TLS");
        await Should.ThrowAsync<IOException>(() => Streams.ReadAsync(stream, 1));
        await stream.DisposeAsync();
        await rig.WorksAsync();
    }

    [Theory]
    [InlineData("foreign ca")]
    [InlineData("expired")]
    [InlineData("other host")]
    [InlineData("other case")]
    [InlineData("operator")]
    [InlineData("client only")]
    public async Task A_source_shows_its_ticket_only_to_the_right_target(string kind)
    {
        var identity = kind switch
        {
            "foreign ca" => TestCa.Foreign.Node("host-b"),
            "expired" => TestCa.Ours.Node("host-b", validDays: -1),
            "other case" => TestCa.Ours.Node("HOST-B"),
            "operator" => TestCa.Ours.Node("host-b", role: "operator"),
            "client only" => TestCa.Ours.Node("host-b", usages: [TestCa.ClientAuth]),
            _ => TestCa.Ours.Node("host-c"),
        };
        await using var rig = new Rig(target: identity);
        (await rig.RefusedAsync(rig.Issue())).Fault.ShouldBe(LinkFault.NotTrusted);
    }

    [Fact]
    public async Task A_certificate_expires_by_the_clock_that_was_handed_in()
    {
        var time = new ManualTime();
        await using var rig = new Rig(time);
        await rig.WorksAsync();
        time.Advance((int)TimeSpan.FromDays(20).TotalMilliseconds);
        time.Advance((int)TimeSpan.FromDays(20).TotalMilliseconds);
        (await rig.RefusedAsync(rig.Issue())).Fault.ShouldBe(LinkFault.NotTrusted);
    }

    [Fact]
    public async Task Bytes_that_are_not_TLS_are_refused_and_the_next_source_gets_in()
    {
        await using var rig = new Rig();
        foreach (var junk in new[] { "GET / HTTP/1.0\r\n\r\n"u8.ToArray(), new byte[4096], [0x16, 3, 1, 0xff, 0xff],
            [] })
        {
            var stream = await rig.PlainAsync();
            await stream.WriteAsync(junk);
            stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            rig.NextRefusal().Code.ShouldBeNull();
            await stream.DisposeAsync();
        }

        await rig.WorksAsync();
    }

    [Fact]
    public async Task A_frame_before_the_hello_is_answered_as_a_bad_hello()
    {
        await using var rig = new Rig();
        await using var stream = await rig.SecureAsync();
        var bytes = new byte[Hello.Size];
        new FrameHeader(FrameType.Data, 1, false, 100, 0).Write(bytes);
        await stream.WriteAsync(bytes);
        Convert.ToHexStringLower(await Streams.ReadAsync(stream, HelloAnswer.Size)).ShouldBe("4642444102000000");
        rig.NextRefusal().Code.ShouldBe(HelloCode.BadHello);
        await rig.WorksAsync();
    }

    [Fact]
    public async Task A_second_hello_on_a_link_is_a_bad_frame()
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        await using var stream = await rig.SecureAsync();
        var hello = new byte[Hello.Size];
        Hello.Open(Rig.Migration, 1, LinkPurpose.Memory, ticket, Rig.Secret).Write(hello);
        await stream.WriteAsync(hello);
        await using var link = await rig.Listener.AcceptAsync(ticket, Guard.Token());
        await stream.WriteAsync(hello);
        (await Should.ThrowAsync<LinkException>(() => link.ReceiveAsync(new byte[9]).Within()))
            .Fault.ShouldBe(LinkFault.BadFrame);
    }

    [Fact]
    public async Task A_hello_cut_short_anywhere_spends_nothing()
    {
        await using var rig = new Rig();
        var ticket = rig.Issue();
        var hello = new byte[Hello.Size];
        Hello.Open(Rig.Migration, 1, LinkPurpose.Memory, ticket, Rig.Secret).Write(hello);
        foreach (var length in new[] { 0, 1, 43, 44, Hello.Size - 1 })
        {
            await using (var stream = await rig.SecureAsync())
                await stream.WriteAsync(hello.AsMemory(0, length));
            rig.NextRefusal().Code.ShouldBeNull();
        }

        await rig.WorksAsync(ticket);
    }

    [Fact]
    public async Task A_silent_peer_is_let_go_after_the_handshake_timeout_in_each_phase()
    {
        var time = new ManualTime();
        await using var rig = new Rig(time);
        await using var beforeTls = await rig.PlainAsync();
        await beforeTls.WriteAsync(new byte[] { 0x16, 3, 1 });
        await using var beforeHello = await rig.SecureAsync();
        await beforeHello.WriteAsync(new byte[] { 0x46 });
        time.Advance(Limits.Relay.HandshakeTimeoutMs);
        rig.NextRefusal().Detail.ShouldContain("in time");
        rig.NextRefusal().Detail.ShouldContain("in time");
        await rig.WorksAsync();
    }

    [Fact]
    public async Task Many_silent_connections_do_not_keep_the_source_out()
    {
        // The clock stands still, so no timeout helps: the oldest has to give way.
        await using var rig = new Rig(new ManualTime());
        var ticket = rig.Issue();
        var silent = new List<Stream>();
        for (var i = 0; i < Limits.Relay.HandshakesMax + 10; i++)
            silent.Add(await rig.PlainAsync());
        await rig.WorksAsync(ticket);
        for (var i = 0; i < 10; i++)
            rig.NextRefusal().Detail.ShouldContain("gave way");
        silent.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task A_target_that_is_not_there_is_unreachable()
    {
        var rig = new Rig();
        var ticket = rig.Issue();
        var waiting = rig.Listener.AcceptAsync(ticket, Guard.Token());
        await rig.Listener.DisposeAsync();
        (await Should.ThrowAsync<LinkException>(() => waiting.Within())).Fault.ShouldBe(LinkFault.Revoked);
        (await rig.RefusedAsync(ticket)).Fault.ShouldBe(LinkFault.Unreachable);
    }

    [Fact]
    public async Task A_target_that_does_not_answer_is_given_up_after_the_connect_timeout()
    {
        var time = new ManualTime();
        using var mute = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        mute.Start();
        var connecting = new DataConnector(TestCa.Ours.Node("host-a"), time).ConnectAsync(
            new DataEndpoint("127.0.0.1", ((System.Net.IPEndPoint)mute.LocalEndpoint).Port),
            Rig.Target, Rig.Migration, 1, new Ticket(new byte[32]), Guard.Token());
        using var accepted = await mute.AcceptSocketAsync().Within();
        time.Advance(Limits.Relay.ConnectTimeoutMs);
        (await Should.ThrowAsync<LinkException>(() => connecting.Within())).Fault.ShouldBe(LinkFault.TimedOut);
    }

    private static PeerPolicy SelfSigned(string subject)
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest(subject, key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        return TestCa.Policy(request.CreateSelfSigned(TestCa.Now.AddDays(-1), TestCa.Now.AddDays(9)));
    }
}
