using System.Net.Sockets;
using Fabric.Transport.Disks;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;

namespace Fabric.Transport.Tests.Disks;

/// <summary>Both relays of a disk, with sockets in the place of the two QEMUs.</summary>
internal sealed class DiskRig : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fd");
    private readonly Socket _server = NewSocket();

    public DiskRig(IDataLink source, IDataLink target, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        _server.Bind(new UnixDomainSocketEndPoint(ServerPath));
        _server.Listen(4);
        Source = DiskSource.Start(SourcePath, source, Buffers, time);
        Target = DiskTarget.Start(ServerPath, target, Buffers, time);
    }

    public LinkBufferPool Buffers { get; } = new();

    public DiskSource Source { get; }

    public DiskTarget Target { get; }

    public string SourcePath => Path.Combine(_directory.FullName, "out");

    public string ServerPath => Path.Combine(_directory.FullName, "nbd");

    public static async Task<DiskRig> PlainAsync(TimeProvider? time = null)
    {
        var (source, target) = await Streams.LinksAsync(time ?? TimeProvider.System);
        return new DiskRig(source, target, time);
    }

    /// <summary>The source's QEMU connects; its calls block.</summary>
    public Socket Connect()
    {
        var socket = NewSocket();
        socket.Connect(new UnixDomainSocketEndPoint(SourcePath));
        return socket;
    }

    /// <summary>The target's QEMU is connected to; its calls block.</summary>
    public Task<Socket> AcceptAsync() => _server.AcceptAsync(Guard.Token()).AsTask();

    /// <summary>Both, for one conversation.</summary>
    public async Task<(Socket Client, Socket Server)> OpenAsync()
    {
        var client = Connect();
        return (client, await AcceptAsync());
    }

    /// <summary>No QEMU listens any more.</summary>
    public void CloseServer() => _server.Dispose();

    /// <summary>All that comes until the end, on a thread of its own.</summary>
    public static Task<byte[]> ReadAllAsync(Socket socket) => BlockingThread.RunAsync("test read", () =>
    {
        using var all = new MemoryStream();
        var into = new byte[50_000];
        try
        {
            int count;
            while ((count = socket.Receive(into)) > 0)
                all.Write(into, 0, count);
        }
        catch (SocketException)
        {
            // Closed on bytes that it had not read.
        }

        return all.ToArray();
    }).Within();

    public static Task<byte[]> ReadAsync(Socket socket, int count) => BlockingThread.RunAsync("test read", () =>
    {
        var all = new byte[count];
        for (var at = 0; at < count;)
        {
            var got = socket.Receive(all.AsSpan(at));
            got.ShouldBeGreaterThan(0, $"closed after {at} of {count} bytes");
            at += got;
        }

        return all;
    }).Within();

    public static Task WriteAsync(Socket socket, byte[] bytes) => BlockingThread.RunAsync("test write", () =>
    {
        for (var at = 0; at < bytes.Length;)
            at += socket.Send(bytes.AsSpan(at));
    });

    public async Task<(RelayOutcome Source, RelayOutcome Target)> EndsAsync() =>
        (await Source.Completion.Within(), await Target.Completion.Within());

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Target.DisposeAsync();
        _server.Dispose();

        // Fails while a buffer is lent.
        Buffers.Dispose();
        _directory.Delete(recursive: true);
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
