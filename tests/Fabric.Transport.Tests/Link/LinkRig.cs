using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Link;

/// <summary>
/// A source and a target with connections of any kind between them, each of which can be cut, and a door that can be
/// shut. The hellos, tickets and proofs are the real ones.
/// </summary>
internal sealed class LinkRig(
    Func<(Stream Source, Stream Target)> path, bool tls, LinkTerms? terms = null, LinkPurpose purpose = default)
    : ILinkDialer, IAsyncDisposable
{
    public static readonly HostId SourceHost = HostId.Of("host-a");
    public static readonly HostId TargetHost = HostId.Of("host-b");
    public static readonly MigrationId Migration = MigrationId.Of("m-7");

    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly LinkTerms _terms = terms ?? LinkTerms.Default;
    private readonly long[] _numbers = new long[Limits.Link.ConnectionsMax];
    private readonly ConcurrentBag<DataLink> _links = [];
    private TicketBook? _tickets;

    public TicketBook Tickets => _tickets ??= new TicketBook(_random, TimeProvider.System);

    public LinkSecret Secret { get; } = new(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    /// <summary>All connections that were made, at the source and at the target.</summary>
    public ConcurrentQueue<(CutStream Source, CutStream Target)> Made { get; } = new();

    /// <summary>Nobody gets through.</summary>
    public volatile bool IsShut;

    /// <summary>Told of each connection before the first byte on it.</summary>
    public Action<int, CutStream, CutStream>? Making { get; set; }

    public int Dials => (int)_numbers.Sum();

    public async Task<(DataLink Source, DataLink Target)> OpenAsync()
    {
        var ticket = Tickets.Issue(Migration, 1, SourceHost, purpose);
        var source = Source(Connect(Hello.Open(Migration, 1, purpose, ticket, Secret)));
        var target = (DataLink)await Tickets.TakeAsync(ticket, Guard.Token()).Within();
        _links.Add(target);
        return (source, target);
    }

    public DataLink Source(LinkWire first)
    {
        var source = new DataLink(LinkSide.Source, _terms, this, TimeProvider.System, news: null);
        source.Attach(0, first);
        _links.Add(source);
        return source;
    }

    public LinkWire Dial(int slot, CancellationToken cancellation) =>
        Connect(Hello.Join(Migration, 1, purpose, Secret, slot, Interlocked.Increment(ref _numbers[slot])));

    /// <summary>Makes a connection and says that.</summary>
    public LinkWire Connect(Hello hello, string source = "host-a")
    {
        if (IsShut)
            throw new LinkException(LinkFault.Unreachable, "the path is cut");
        var (a, b) = path();
        var (near, far) = (new CutStream(a), new CutStream(b));
        Making?.Invoke(Made.Count, near, far);
        Made.Enqueue((near, far));
        BlockingThread.Run("test target", () => Answer(far, source));
        try
        {
            var wire = tls ? Secure(near) : new LinkWire(near, null);
            Greeting.Say(wire, hello, TargetHost);
            return wire;
        }
        catch (Exception e) when (LinkFaults.IsCut(e))
        {
            near.Dispose();
            throw new LinkException(LinkFault.Cut, "cut before the answer", e);
        }
    }

    /// <summary>Cuts every connection there is.</summary>
    public void Cut()
    {
        foreach (var (near, far) in Made)
        {
            near.Dispose();
            far.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.AbortAsync(AbortReason.Shutdown);

            // One that is through would wait on in the background for a peer that is not there any more.
            link.CloseAll();
        }

        Cut();
        Tickets.RevokeAll();
        _random.Dispose();
    }

    private static LinkWire Secure(Stream stream)
    {
        var tail = new RecordCoalescer(stream);
        var secure = new SslStream(tail);
        secure.AuthenticateAsClient(TestCa.Ours.Node("host-a").ClientOptions(TargetHost.Value));
        return new LinkWire(secure, tail);
    }

    private void Answer(CutStream stream, string source)
    {
        try
        {
            var (wire, peer) = (new LinkWire(stream, null), new PeerIdentity(source, PeerRole.Node));
            if (tls)
            {
                var tail = new RecordCoalescer(stream);
                var secure = new SslStream(tail);
                secure.AuthenticateAsServer(TestCa.Ours.Node("host-b").ServerOptions([PeerRole.Node], _ => { }));
                (wire, peer) = (new LinkWire(secure, tail), PeerPolicy.PeerOf(secure));
            }

            var code = Greeting.Hear(wire, Tickets, peer, out var hello, out var entry);
            Greeting.Answer(wire, code);
            if (entry?.Attach(hello!.Slot, wire, () =>
                new DataLink(LinkSide.Target, _terms, null, TimeProvider.System, null)) != true)
                stream.Dispose();
        }
        catch (Exception e) when (LinkFaults.IsCut(e) || e is System.Security.Authentication.AuthenticationException)
        {
            stream.Dispose();
        }
    }
}
