using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Host.Impair.Wire;

/// <summary>
/// An Ethernet cable between two namespaces that is as long, as narrow and as bad as a WAN. Each end is a TAP; one
/// thread reads what is sent into either, keeps it for its time and writes it into the other.
/// <code>
/// namespace A -- TAP -- read -- loss, queue, rate -- delay, jitter -- cut -- write -- TAP -- namespace B
///             -- TAP -- write -- cut -- delay, jitter -- loss, queue, rate -- read -- TAP --
/// </code>
/// The thread blocks in one call and not in tasks: a wire is to be right to a tenth of a millisecond.
/// </summary>
internal sealed class EthernetWire : IImpaired, IAsyncDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    private readonly FramePort[] _ports;
    private readonly FrameQueue[] _queues = [new(), new()];
    private readonly WireLine[] _lines;
    private readonly FrameWaiter _waiter;
    private readonly byte[] _spare = new byte[FramePort.FrameBytesMax];
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stop;
    private int _cuts;

    private EthernetWire(FramePort a, FramePort b, ImpairSettings settings, int seed, TimeProvider time)
    {
        _ports = [a, b];
        _waiter = new FrameWaiter(a, b);
        _lines = [new(new LineClock(time), new Random(seed)), new(new LineClock(time), new Random(~seed))];
        Settings = settings;
        _thread = new Thread(Run) { IsBackground = true, Name = "wire" };
        _thread.Start();
    }

    /// <summary>Ends when the wire does; faults when it breaks.</summary>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public ImpairSettings Settings
    {
        get => _lines[0].Settings;
        set
        {
            _lines[0].Settings = _lines[1].Settings = value;
            // What is lost by chance is a frame of the wire and not 40 of them at once.
            foreach (var port in _ports)
                port.SetOffload(value is { Loss: 0, BytesPerSecond: 0 or >= Limits.Impair.WireOffloadRateMin });
        }
    }

    /// <summary>Joins the two; the TAPs are made where there are none, and then go with the wire.</summary>
    /// <exception cref="NetworkException">One of them cannot be had.</exception>
    public static EthernetWire Start(WireEnd a, WireEnd b, ImpairSettings settings, int seed, TimeProvider time)
    {
        var one = FramePort.Open(a.Place(), a.Link);
        try
        {
            return new EthernetWire(one, FramePort.Open(b.Place(), b.Link), settings, seed, time);
        }
        catch
        {
            one.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Cut(TimeSpan length, CutKind kind, CutWay way)
    {
        if (way is CutWay.Both or CutWay.There)
            _lines[0].Clock.Cut(length);
        if (way is CutWay.Both or CutWay.Back)
            _lines[1].Clock.Cut(length);
        Interlocked.Increment(ref _cuts);
    }

    /// <inheritdoc/>
    public string? Fault(ImpairChange change) =>
        change.CutKind == CutKind.Reset ? "a wire has no connections to reset; its cuts drop frames" : null;

    /// <inheritdoc/>
    public ImpairCounters Count() => new()
    {
        UptimeMs = _lines[0].Clock.Uptime.TotalMilliseconds,
        DelayMs = Settings.Delay.TotalMilliseconds,
        JitterMs = Settings.Jitter.TotalMilliseconds,
        BytesPerSecond = Settings.BytesPerSecond,
        Loss = Settings.Loss,
        IsCut = _lines.Any(l => l.Clock.IsCut),
        Cuts = Volatile.Read(ref _cuts),
        BytesThere = _lines[0].Bytes,
        BytesBack = _lines[1].Bytes,
        LostThere = _lines[0].Lost,
        LostBack = _lines[1].Lost,
        Wire = new WireCounters(
            Settings.Queue.TotalMilliseconds, _lines[0].Frames, _lines[1].Frames, _lines[0].Overflowed,
            _lines[1].Overflowed, _lines[0].LostInCuts, _lines[1].LostInCuts,
            Math.Max(_lines[0].WorstLateness.TotalMilliseconds, _lines[1].WorstLateness.TotalMilliseconds)),
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _stop = true;
        _waiter.Wake();
        await Task.WhenAny(_ended.Task);
        _waiter.Dispose();
        foreach (var port in _ports)
            port.Dispose();
    }

    private void Run()
    {
        try
        {
            FrameWaiter.MakeThreadPrecise(Limits.Impair.WirePriority);
            while (!_stop)
            {
                var (atA, atB) = _waiter.Wait(UntilNext());
                if (atA)
                    TakeIn(0);
                if (atB)
                    TakeIn(1);
                LetOut(0);
                LetOut(1);
            }

            _ended.SetResult();
        }
        catch (Exception e)
        {
            _ended.SetException(e);
        }
    }

    private TimeSpan UntilNext()
    {
        var now = _lines[0].Clock.Uptime;
        var next = now + Idle;
        foreach (var queue in _queues)
            next = queue.Count > 0 && queue.FirstDue < next ? queue.FirstDue : next;
        return next - now;
    }

    private void TakeIn(int from)
    {
        var (port, queue, line) = (_ports[from], _queues[from], _lines[from]);
        for (var taken = 0; taken < Limits.Impair.WireBatchFrames; taken++)
        {
            var room = queue.Room(FramePort.FrameBytesMax);
            var full = room.IsEmpty;
            var buffer = full ? _spare : room;
            var length = port.Read(buffer);
            if (length <= FrameShape.HeaderBytes)
                return;
            var shape = FrameShape.Of(buffer[..length]);
            if (full)
                line.Overflow(shape.Segments);
            else if (line.Admit(shape) is { } due)
                queue.Add(length, due);
        }
    }

    private void LetOut(int from)
    {
        var (queue, line) = (_queues[from], _lines[from]);
        while (queue.Count > 0 && queue.FirstDue <= line.Clock.Uptime)
        {
            // An interface that was set down takes nothing; that is its owner's cut, and not counted here.
            if (line.Release(FrameShape.Of(queue.First), queue.FirstDue))
                _ports[1 - from].Write(queue.First);
            queue.Drop();
        }
    }
}
