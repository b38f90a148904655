using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fabric.Drivers.Network;

namespace Fabric.Host.Faults.Sites;

/// <summary>What a client's pings saw.</summary>
/// <param name="LargestGapMs">The longest time without an answer.</param>
/// <param name="UsualGapMs">The same in the time before the mark.</param>
/// <param name="Lost">Asked since the mark, and not answered.</param>
public sealed record EchoReport(double LargestGapMs, double UsualGapMs, long Lost);

/// <summary>What a client's pings saw from their beginning.</summary>
/// <param name="Asked">Questions.</param>
/// <param name="Heard">Of them, those that were answered.</param>
/// <param name="Twice">Numbers of those that were answered again.</param>
public sealed record EchoSum(long Asked, long Heard, IReadOnlyList<long> Twice);

/// <summary>
/// Asks a guest every few milliseconds whether it is there (ICMP echo), from a network namespace. Its kernel answers,
/// so neither a program of the guest's nor TCP's patience is in what is measured: the longest time without an answer, and
/// whether a question is answered more than once.
/// </summary>
internal sealed class EchoProbe : IAsyncDisposable
{
    private const int HeadBytes = 8;
    private const int Bytes = HeadBytes + sizeof(long);
    private const int AnswerType = 0;
    private const int QuestionType = 8;
    private const int ReceiveTimeoutMs = 100;
    private static readonly TimeSpan OftenEnough = TimeSpan.FromMilliseconds(2);

    private readonly Socket _socket;
    private readonly IPEndPoint _to;
    private readonly TimeSpan _every;
    private readonly TimeProvider _time;
    private readonly EchoAnswers _answers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Task _asking;
    private readonly Task _hearing;
    private long _last;
    private long _asked;
    private long _askedInAll;
    private long _came;
    private TimeSpan _largest;
    private TimeSpan _usual;

    private EchoProbe(Socket socket, IPAddress to, TimeSpan every, TimeProvider time)
    {
        (_socket, _to, _every, _time) = (socket, new IPEndPoint(to, 0), every, time);
        _last = time.GetTimestamp();
        _socket.ReceiveTimeout = ReceiveTimeoutMs;
        _hearing = Task.Factory.StartNew(
            Hear, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _asking = AskAsync();
    }

    /// <summary>Completes when it was answered.</summary>
    public Task Answered => _answered.Task;

    /// <summary>What its questions have, and nobody else's.</summary>
    public ushort Own { get; } = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue);

    /// <summary>Begins.</summary>
    /// <param name="place">Where it asks from.</param>
    /// <param name="to">Whom.</param>
    /// <param name="time">For the waits.</param>
    /// <param name="every">How often; every other millisecond when it is not said.</param>
    public static EchoProbe Start(NetworkNamespace place, IPAddress to, TimeProvider time, TimeSpan? every = null) => new(
        place.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp)), to,
        every ?? OftenEnough, time);

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

    /// <summary>What was seen from the beginning.</summary>
    public EchoSum Sum()
    {
        lock (_lock)
            return new EchoSum(_askedInAll, _answers.Heard, _answers.Twice);
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
        using var timer = new PeriodicTimer(_every, _time);
        var question = new byte[Bytes];
        question[0] = QuestionType;
        BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(4), Own);
        try
        {
            for (long number = 0; await timer.WaitForNextTickAsync(_stop.Token); number++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(2), 0);
                BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(6), (ushort)number);
                BinaryPrimitives.WriteInt64BigEndian(question.AsSpan(HeadBytes), number);
                BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(2), SumOf(question));
                lock (_lock)
                {
                    _asked++;
                    _askedInAll++;
                }

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
                if (NumberOf(packet.AsSpan(0, length), Own) is { } number)
                    Note(number);
            }
            catch (SocketException)
            {
                // Nothing came.
            }
        }
    }

    /// <summary>
    /// The number of the question that an IP packet answers; null when it answers none of this asker's. A raw socket gives
    /// the IP head too, and everybody's messages.
    /// </summary>
    internal static long? NumberOf(ReadOnlySpan<byte> packet, ushort own)
    {
        var message = packet.IsEmpty ? packet : packet[Math.Min(packet.Length, (packet[0] & 0xf) * 4)..];
        return message.Length >= Bytes && message[0] == AnswerType
            && BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == own
            ? BinaryPrimitives.ReadInt64BigEndian(message[HeadBytes..])
            : null;
    }

    private void Note(long number)
    {
        lock (_lock)
        {
            _answers.Note(number);
            var now = _time.GetTimestamp();
            var gap = _time.GetElapsedTime(_last, now);
            (_last, _came) = (now, _came + 1);
            if (gap > _largest)
                _largest = gap;
        }

        _answered.TrySetResult();
    }
}
