using System.Buffers;
using System.Net.Sockets;
using Fabric.Embedded.Sockets;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>
/// Gathers the stream and sends it, no faster than allowed. Used by the migration's own thread, which may wait; a wait
/// for the rate ends early when the limits change or the migration is cancelled.
/// </summary>
internal sealed class StreamSender(
    Socket socket, MigrationSettings settings, MigrationCounters counters, Pause pause, TimeProvider time)
    : IBufferWriter<byte>
{
    private readonly GatheredWrite _gathered = new(socket);
    private long _windowBegan = time.GetTimestamp();
    private long _windowBytes;
    private int _windowsFull;
    private int _windowsSeen;
    private long _paidUntil = time.GetTimestamp();

    /// <summary>The last bytes are sent as fast as they go: the guest stands.</summary>
    public bool IsUnlimited { get; set; }

    /// <summary>The guest runs at the target: another limit holds.</summary>
    public bool IsPostcopy { get; set; }

    private long Limit => IsUnlimited ? 0 : IsPostcopy ? settings.PostcopyBandwidthMax : settings.BandwidthMax;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _gathered.Take(count);
        FlushWhenFull();
    }

    /// <summary>A page of guest memory, without a copy.</summary>
    public void Page(ReadOnlySpan<byte> page)
    {
        _gathered.Take(page);
        FlushWhenFull();
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_gathered.Free.Length < Math.Max(1, sizeHint) || !_gathered.HasRoom)
            Flush();
        if (_gathered.Free.Length < sizeHint)
            throw new ArgumentOutOfRangeException(nameof(sizeHint), sizeHint, "more than the buffer holds");
        return _gathered.Free;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException("spans only");

    /// <summary>Sends what was gathered.</summary>
    /// <exception cref="MigrationFault">The peer has gone.</exception>
    public void Flush()
    {
        var length = _gathered.Length;
        _gathered.Send();
        counters.Sent(length);
        _windowBytes += length;
        Measure();
        Pay(length);
    }

    /// <summary>What the path carries: measured over the last full window, before that over what there was of it.</summary>
    public double BytesPerSecond => _windowsFull > 0
        ? counters.BytesPerSecond
        : _windowBytes / Math.Max(time.GetElapsedTime(_windowBegan).TotalSeconds, 1e-6);

    /// <summary>Whether another window was full since this was asked last.</summary>
    public bool HasMeasured()
    {
        var isNew = _windowsFull != _windowsSeen;
        _windowsSeen = _windowsFull;
        return isNew;
    }

    private void FlushWhenFull()
    {
        if (_gathered.Length >= Portion() || !_gathered.HasRoom)
            Flush();
    }

    private void Measure()
    {
        var elapsed = time.GetElapsedTime(_windowBegan);
        if (elapsed.TotalMilliseconds < Limits.Guest.BandwidthWindowMs)
            return;
        counters.BytesPerSecond = (long)(_windowBytes / elapsed.TotalSeconds);
        _windowBegan = time.GetTimestamp();
        _windowBytes = 0;
        _windowsFull++;
    }

    private int Portion() => Limit is > 0 and var limit
        ? (int)Math.Clamp(limit / Limits.Guest.SendsPerSecond, 1, Limits.Guest.StreamBufferBytes / 2)
        : Limits.Guest.StreamBufferBytes / 2;

    // Time not used is not saved up, beyond one portion's: a burst would look like bandwidth.
    private void Pay(int bytes)
    {
        var now = time.GetTimestamp();
        var limit = Limit;
        if (limit == 0)
        {
            _paidUntil = now;
            return;
        }

        var grace = time.TimestampFrequency / Limits.Guest.SendsPerSecond;
        _paidUntil = Math.Max(_paidUntil, now - grace) + (long)((double)bytes * time.TimestampFrequency / limit);
        while (_paidUntil > (now = time.GetTimestamp()) && Limit == limit)
            pause.For(time.GetElapsedTime(now, _paidUntil));
        if (Limit != limit)
            _paidUntil = now;
    }
}
