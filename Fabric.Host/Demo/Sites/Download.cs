using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Drivers.Network;
using Fabric.Host.Faults;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>What a client saw of its download.</summary>
/// <param name="Survived">One connection, to the end, and each word in its place.</param>
/// <param name="Bytes">Of the body.</param>
/// <param name="LargestGapMs">The longest time in which nothing came: the blackout, as this client saw it.</param>
/// <param name="UsualGapMs">The longest in the time before the move.</param>
/// <param name="Problem">How it ended when it did not survive.</param>
public sealed record DownloadReport(bool Survived, long Bytes, double LargestGapMs, double UsualGapMs, string? Problem);

/// <summary>
/// A download that never ends (the guest's <c>/cgi-bin/endless</c>), from a network namespace, over one connection
/// that is never opened again. Its body is 0, 1, 2, ... as words of eight bytes, so a byte that is lost, doubled or
/// changed is seen; what is measured is the longest time in which none came.
/// </summary>
internal sealed class Download : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _flows = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Task _reading;
    private long _last;
    private ulong _next;
    private long _bytes;
    private TimeSpan _largest;
    private TimeSpan _usual;
    private string? _problem;

    private Download(Socket socket, TimeProvider time)
    {
        (_socket, _time, _last) = (socket, time, time.GetTimestamp());
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Completes when the body flows; faults when the connection ends before.</summary>
    public Task Flows => _flows.Task;

    /// <summary>Connects and asks.</summary>
    /// <exception cref="LabException">Nobody answers there.</exception>
    public static async Task<Download> StartAsync(
        NetworkNamespace place, IPEndPoint server, int kibPerSecond, TimeProvider time, CancellationToken cancellation)
    {
        var socket = place.Run(() => new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            await socket.ConnectAsync(server, cancellation);
            var request = string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"GET /cgi-bin/endless?{kibPerSecond} HTTP/1.0\r\nHost: {server.Address}\r\n\r\n");
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), cancellation);
            return new Download(socket, time);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new LabException($"The client does not reach the guest's web server at {server}: {e.Message}.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What comes from now on is measured; what was before was usual.</summary>
    public void Mark()
    {
        lock (_lock)
            (_usual, _largest) = (_largest, TimeSpan.Zero);
    }

    /// <summary>What was seen until now, the silence that lasts included.</summary>
    public DownloadReport Report()
    {
        lock (_lock)
        {
            var silence = _time.GetElapsedTime(_last);
            var gap = silence > _largest && _problem is null ? silence : _largest;
            return new DownloadReport(
                _problem is null && _bytes > 0, _bytes, gap.TotalMilliseconds, _usual.TotalMilliseconds, _problem);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[Limits.Demo.DownloadBufferBytes];
        try
        {
            var have = await ReadHeadAsync(buffer);
            while (Take(buffer, ref have) is null)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(have), _stop.Token);
                if (read == 0)
                    throw new IOException("the guest closed the connection");
                Note(read);
                have += read;
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            Fail(e.Message);
        }
    }

    private async Task<int> ReadHeadAsync(byte[] buffer)
    {
        for (var have = 0; have < buffer.Length;)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(have), _stop.Token);
            if (read == 0)
                throw new IOException("the guest closed the connection before its answer");
            have += read;
            if (buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8) is var end and >= 0)
            {
                var head = Encoding.ASCII.GetString(buffer, 0, end);
                if (!head.Split('\r')[0].Contains(" 200 ", StringComparison.Ordinal))
                    throw new IOException($"the guest's web server answered '{Names.Shown(head.Split('\r')[0])}'");
                var rest = have - end - 4;
                buffer.AsSpan(end + 4, rest).CopyTo(buffer);
                Begin(rest);
                return rest;
            }
        }

        throw new IOException("the guest's web server answered with an endless head");
    }

    // Some of the body may have come with the head.
    private void Begin(int bytes)
    {
        lock (_lock)
            (_last, _bytes) = (_time.GetTimestamp(), bytes);
        if (bytes > 0)
            _flows.TrySetResult();
    }

    private void Note(int read)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var gap = _time.GetElapsedTime(_last, now);
            (_last, _bytes) = (now, _bytes + read);
            if (gap > _largest)
                _largest = gap;
        }

        _flows.TrySetResult();
    }

    /// <summary>Checks the whole words and keeps the rest; what is wrong, or null.</summary>
    private string? Take(byte[] buffer, ref int have)
    {
        var at = 0;
        for (; have - at >= sizeof(ulong); at += sizeof(ulong), _next++)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(at));
            if (word != _next)
                return Fail($"word {_next} is {word}");
        }

        buffer.AsSpan(at, have - at).CopyTo(buffer);
        have -= at;
        return null;
    }

    private string Fail(string problem)
    {
        lock (_lock)
            _problem ??= problem;
        _flows.TrySetException(new LabException($"The download from the guest ended: {problem}."));
        return problem;
    }
}
