using System.Net.Sockets;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Tests.Connect;

namespace Fabric.Transport.Tests.Relay;

/// <summary>Both relays, with sockets in the place of the two QEMUs.</summary>
internal sealed class RelayRig : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fr");
    private readonly Socket _incoming = NewSocket();

    private RelayRig(IDataLink source, IDataLink target, TimeProvider time, RelayRigWork? work = null)
    {
        _incoming.Bind(new UnixDomainSocketEndPoint(IncomingPath));
        _incoming.Listen(1);
        SourceLink = source;
        TargetLink = target;
        Source = SourceRelay.Start(OutgoingPath, source, Buffers, time, work?.Source, work?.SourceStore);
        Target = TargetRelay.Start(IncomingPath, target, Buffers, time, work?.Target, work?.TargetStore);
    }

    public LinkBufferPool Buffers { get; } = new();

    public IDataLink SourceLink { get; }

    public IDataLink TargetLink { get; }

    public SourceRelay Source { get; }

    public TargetRelay Target { get; }

    public string OutgoingPath => Path.Combine(_directory.FullName, "out");

    public string IncomingPath => Path.Combine(_directory.FullName, "in");

    public static async Task<RelayRig> PlainAsync(TimeProvider? time = null, RelayRigWork? work = null)
    {
        time ??= TimeProvider.System;
        var (source, target) = await Streams.LinksAsync(time);
        return new RelayRig(source, target, time, work);
    }

    public static async Task<(RelayRig Relay, Rig Tls)> SecureAsync()
    {
        var tls = new Rig();
        var (source, target) = await tls.LinkAsync();
        return (new RelayRig(source, target, TimeProvider.System), tls);
    }

    /// <summary>The source's QEMU connects.</summary>
    public async Task<Socket> OutgoingAsync()
    {
        var socket = NewSocket();
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(OutgoingPath), Guard.Token());
        return socket;
    }

    /// <summary>The source's QEMU connects, and only blocks: calls on such a socket allocate nothing.</summary>
    public Socket Outgoing()
    {
        var socket = NewSocket();
        socket.Connect(new UnixDomainSocketEndPoint(OutgoingPath));
        return socket;
    }

    /// <summary>The target's QEMU is connected to.</summary>
    public Task<Socket> IncomingAsync() => _incoming.AcceptAsync(Guard.Token()).AsTask();

    /// <summary>Both QEMUs, with one byte through.</summary>
    public async Task<(Socket Outgoing, Socket Incoming)> OpenAsync()
    {
        var outgoing = await OutgoingAsync();
        await outgoing.SendAsync(new byte[] { 1 });
        var incoming = await IncomingAsync();
        (await ReceiveAsync(incoming, 1)).ShouldBe([1]);

        // The byte can be here before its writer has noted that the write ended; a test that moves the clock then
        // would see a stall. What is counted was noted before.
        while (Source.Traffic.Forward < 1 || Target.Traffic.Forward < 1)
            await Task.Yield();
        return (outgoing, incoming);
    }

    /// <summary>No QEMU listens any more.</summary>
    public void CloseIncoming() => _incoming.Dispose();

    public async Task<(RelayOutcome Source, RelayOutcome Target)> EndsAsync() =>
        (await Source.Completion.Within(), await Target.Completion.Within());

    public static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var got = await socket.ReceiveAsync(bytes.AsMemory(at), Guard.Token());
            got.ShouldBeGreaterThan(0, $"closed after {at} of {count} bytes");
            at += got;
        }

        return bytes;
    }

    /// <summary>Reads what the link says until it closes: acknowledgements, and at last that.</summary>
    public static async Task SaysLastAsync(Stream raw, byte[] last)
    {
        using var all = new MemoryStream();
        await raw.CopyToAsync(all, Guard.Token());
        Convert.ToHexStringLower(all.ToArray()).ShouldEndWith(Convert.ToHexStringLower(last));
    }

    /// <summary>The other side of the socket closed: an end or an error, whichever the kernel tells.</summary>
    public static async Task ClosedAsync(Socket socket)
    {
        try
        {
            var into = new byte[65536];
            while (await socket.ReceiveAsync(into, Guard.Token()) != 0)
            {
            }
        }
        catch (SocketException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Target.DisposeAsync();
        _incoming.Dispose();
        Buffers.Dispose();
        _directory.Delete(recursive: true);
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
