using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Fabric.Host.Bench.Throughput;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;

namespace Fabric.Benchmarks.Micro;

/// <summary>One MiB through both relays, between blocking sockets that allocate nothing.</summary>
public class PumpBench
{
    private const int MiB = 1024 * 1024;
    private const int Batch = 64;
    private readonly byte[] _from = new byte[256 * 1024];
    private readonly byte[] _into = new byte[256 * 1024];
    private readonly LinkBufferPool _buffers = new();
    private DirectoryInfo? _directory;
    private Links? _links;
    private SourceRelay? _source;
    private TargetRelay? _target;
    private Socket? _outgoing;
    private Socket? _incoming;

    /// <summary>Whether the link is TLS, as the product has it.</summary>
    [Params(false, true)]
    public bool Tls { get; set; }

    // In this process BenchmarkDotNet does not wait for a set-up that is a task.
    [GlobalSetup]
    public void Connect() => ConnectAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Close() => CloseAsync().GetAwaiter().GetResult();

    private async Task ConnectAsync()
    {
        _directory = Directory.CreateTempSubdirectory("fb-");
        var (into, from) = (Path.Combine(_directory.FullName, "i"), Path.Combine(_directory.FullName, "o"));
        _links = new Links(Path.Combine(_directory.FullName, "ca"), BenchOptions.Note, TimeProvider.System);
        var (near, far) = await _links.MakeAsync(Tls ? Way.Tls : Way.Plain, CancellationToken.None);
        using var listener = NewSocket();
        listener.Bind(new UnixDomainSocketEndPoint(into));
        listener.Listen(1);
        _source = SourceRelay.Start(from, near, _buffers, TimeProvider.System);
        _target = TargetRelay.Start(into, far, _buffers, TimeProvider.System);
        _outgoing = NewSocket();
        await _outgoing.ConnectAsync(new UnixDomainSocketEndPoint(from));
        await _outgoing.SendAsync(new byte[1]);
        _incoming = await listener.AcceptAsync();
        await _incoming.ReceiveAsync(new byte[1]);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void PumpMiB()
    {
        var sender = new Thread(() => Send(Batch * MiB));
        sender.Start();
        for (var left = Batch * MiB; left > 0;)
            left -= _incoming!.Receive(_into.AsSpan(0, Math.Min(left, _into.Length)));
        sender.Join();
    }

    private async Task CloseAsync()
    {
        _outgoing!.Dispose();
        _incoming!.Dispose();
        await _source!.DisposeAsync();
        await _target!.DisposeAsync();
        await _links!.DisposeAsync();
        _buffers.Dispose();
        _directory!.Delete(recursive: true);
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private void Send(int count)
    {
        for (var left = count; left > 0;)
            left -= _outgoing!.Send(_from.AsSpan(0, Math.Min(left, _from.Length)));
    }
}
