using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fabric.Drivers.Network;

namespace Fabric.Host.Bench.Sites;

/// <summary>What a client's pings saw.</summary>
/// <param name="LargestGapMs">The longest time without an answer.</param>
/// <param name="UsualGapMs">The same in the time before the mark.</param>
/// <param name="Lost">Asked since the mark, and not answered.</param>
public sealed record EchoReport(double LargestGapMs, double UsualGapMs, long Lost);

/// <summary>
/// Asks a guest every other millisecond whether it is there (ICMP echo), from a network namespace. Its kernel answers,
/// so neither a program of the guest's nor TCP's patience is in what is measured: the longest time without an answer.
/// </summary>
internal sealed class EchoProbe : IAsyncDisposable
{
    private const int HeadBytes = 8;
    private const int Bytes = HeadBytes + sizeof(long);
    private const int AnswerType = 0;
    private const int QuestionType = 8;
    private const int ReceiveTimeoutMs = 100;
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(2);

    private readonly Socket _socket;
    private readonly IPEndPoint _to;
    private readonly TimeProvider _time;
    private readonly ushort _own = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Task _asking;
    private readonly Task _hearing;
    private long _last;
    private long _asked;
    private long _came;
    private TimeSpan _largest;
    private TimeSpan _usual;

    private EchoProbe(Socket socket, IPAddress to, TimeProvider time)
    {
        (_socket, _to, _time, _last) = (socket, new IPEndPoint(to, 0), time, time.GetTimestamp());
        _socket.ReceiveTimeout = ReceiveTimeoutMs;
        _hearing = Task.Factory.StartNew(
            Hear, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _asking = AskAsync();
    }

    /// <summary>Completes when it was answered.</summary>
    public Task Answered => _answered.Task;

    /// <summary>Begins.</summary>
    public static EchoProbe Start(NetworkNamespace place, IPAddress to, TimeProvider time) => new(
        place.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp)), to, time);

    /// <summary>What comes from now on is measured; what was before was usual.</summary>
    public void Mark()
    {
        lock (_lock)
            (_usual, _largest, _asked, _came) = (_largest, TimeSpan.Zero, 0, 0);
    }

    /// <summary>What was seen until now, the silence that lasts included.</summary>
    public EchoReport Report()
    {
        lock (_lock)
        {
            var silence = _time.GetElapsedTime(_last);
            var gap = silence > _largest ? silence : _largest;
            return new EchoReport(gap.TotalMilliseconds, _usual.TotalMilliseconds, Math.Max(0, _asked - _came));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _asking;
        await _hearing;
        _socket.Dispose();
        _stop.Dispose();
    }

    /// <summary>The sum that ICMP wants: of 16-bit words, in ones' complement.</summary>
    internal static ushort SumOf(ReadOnlySpan<byte> message)
    {
        uint sum = 0;
        for (; message.Length > 1; message = message[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(message);
        if (message.Length == 1)
            sum += (uint)message[0] << 8;
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    private async Task AskAsync()
    {
        using var timer = new PeriodicTimer(AskEvery, _time);
        var question = new byte[Bytes];
        question[0] = QuestionType;
        BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(4), _own);
        try
        {
            for (long number = 0; await timer.WaitForNextTickAsync(_stop.Token); number++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(2), 0);
                BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(6), (ushort)number);
                BinaryPrimitives.WriteInt64BigEndian(question.AsSpan(HeadBytes), number);
                BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(2), SumOf(question));
                lock (_lock)
                    _asked++;
                Send(question);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private void Send(byte[] question)
    {
        try
        {
            _socket.SendTo(question, _to);
        }
        catch (SocketException)
        {
            // No way there now: that is what is measured.
        }
    }

    private void Hear()
    {
        var packet = new byte[256];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var length = _socket.Receive(packet);
                if (IsAnswer(packet.AsSpan(0, length)))
                    Note();
            }
            catch (SocketException)
            {
                // Nothing came.
            }
        }
    }

    // A raw socket gives the IP head too, and everybody's messages.
    private bool IsAnswer(ReadOnlySpan<byte> packet)
    {
        var message = packet.IsEmpty ? packet : packet[Math.Min(packet.Length, (packet[0] & 0xf) * 4)..];
        return message.Length >= Bytes && message[0] == AnswerType
            && BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == _own;
    }

    private void Note()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var gap = _time.GetElapsedTime(_last, now);
            (_last, _came) = (now, _came + 1);
            if (gap > _largest)
                _largest = gap;
        }

        _answered.TrySetResult();
    }
}
