using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using Fabric.Drivers.Disks.Nbd;

namespace Fabric.Drivers.Tests.Disks;

/// <summary>A target's disk in memory. It answers in order, and only while it may.</summary>
internal sealed class FakeTarget : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly SemaphoreSlim _may = new(0);
    private readonly ConcurrentQueue<(ushort Command, long Offset, uint Length)> _seen = [];
    private readonly Task _serving;
    private Socket? _client;

    public FakeTarget(string path, int bytes)
    {
        Disk = new byte[bytes];
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
        _serving = Task.Run(ServeAsync);
    }

    public byte[] Disk { get; }

    /// <summary>Requests so far, answered or not.</summary>
    public IReadOnlyCollection<(ushort Command, long Offset, uint Length)> Seen => _seen;

    /// <summary>What the next requests are answered with.</summary>
    public uint Error { get; set; }

    /// <summary>Does and answers so many more.</summary>
    public void Let(int count) => _may.Release(count);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _client?.Dispose();
        Let(1);
        await _serving;
        _may.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            _client = await _listener.AcceptAsync();
            await using var stream = new NetworkStream(_client, ownsSocket: true);
            await NbdWelcome.GreetAsync(stream, Disk.Length, default);
            while (true)
                await TakeAsync(stream);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task TakeAsync(NetworkStream stream)
    {
        var head = await NbdGreeting.ReadAsync(stream, 28, default);
        var command = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(6));
        var offset = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(16));
        var length = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(24));
        var bytes = command == NbdNumbers.CommandWrite ? await NbdGreeting.ReadAsync(stream, (int)length, default) : null;
        _seen.Enqueue((command, offset, length));
        await _may.WaitAsync();
        if (Error == 0 && command == NbdNumbers.CommandWrite)
            bytes!.CopyTo(Disk, offset);
        else if (Error == 0 && command == NbdNumbers.CommandWriteZeroes)
            Disk.AsSpan((int)offset, (int)length).Clear();
        var reply = new byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(reply, NbdNumbers.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(4), Error);
        head.AsSpan(8, 8).CopyTo(reply.AsSpan(8));
        await stream.WriteAsync(reply);
    }
}
