using System.Threading.Channels;
using Fabric.Protocol;

namespace Fabric.Embedded.Guest;

/// <summary>
/// The one thread that executes the guest. It stops between two operations, never within one, and there it also does
/// what others ask of the guest; so nobody else touches registers, and a paused guest is whole.
/// <code>
/// Continue --> [ slice of operations ] --> wait until the next is due --+
///                  ^                                                    |
///                  +----------------- running --------------------------+        Stop: returns when it stands
/// </code>
/// </summary>
internal sealed class Vcpu : IDisposable
{
    private readonly GuestSystem _guest;
    private readonly GuestConsole _console;
    private readonly TimeProvider _time;
    private readonly object _gate = new();
    private readonly Channel<Action<GuestSystem>> _requests =
        Channel.CreateBounded<Action<GuestSystem>>(Limits.Guest.RequestsMax);
    private readonly Thread _thread;
    private bool _mayRun;
    private bool _isRunning;
    private bool _isEnding;
    private bool _isParked;
    private volatile bool _isWanted;
    private volatile int _throttlePercent;
    private long _lastLook;
    private double _owed;

    /// <summary>A vCPU that stands; its thread waits.</summary>
    public Vcpu(GuestSystem guest, GuestConsole console, TimeProvider time)
    {
        (_guest, _console, _time) = (guest, console, time);
        Operations = new OperationLog(time);
        guest.Memory.OnMissing = Park;
        _thread = new Thread(Run) { IsBackground = true, Name = "vcpu" };
        _thread.Start();
    }

    /// <summary>Fetches a page that the guest waits for. It must not wait itself.</summary>
    public Action<int> Fetch { get; set; } = _ => { };

    /// <summary>The page that the guest waits for; null when it does not.</summary>
    public int? AwaitedPage { get; private set; }

    /// <summary>Of its time, taken away; 0 to 99. It does so many fewer operations.</summary>
    public int ThrottlePercent
    {
        get => _throttlePercent;
        set => _throttlePercent = value;
    }

    /// <summary>What it did when.</summary>
    public OperationLog Operations { get; }

    /// <summary>Lets it run.</summary>
    public void Continue()
    {
        lock (_gate)
        {
            _mayRun = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Stops it; it stands when this returns.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _mayRun = false;
            _isWanted = true;
            Monitor.PulseAll(_gate);
            while (_isRunning && !_isParked)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>A page has come.</summary>
    public void PageCame(int page)
    {
        lock (_gate)
        {
            if (AwaitedPage == page)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Does something with the guest between two operations, whether it runs or stands.</summary>
    public async Task<T> AskAsync<T>(Func<GuestSystem, T> what)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _requests.Writer.WriteAsync(guest =>
        {
            try
            {
                done.SetResult(what(guest));
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        Wake();
        return await done.Task;
    }

    /// <summary>The same for a thread that may wait.</summary>
    public T Ask<T>(Func<GuestSystem, T> what) => AskAsync(what).GetAwaiter().GetResult();

    /// <summary>Wakes it: there is something on the console.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _isWanted = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Ends the thread; nothing is executed any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            _mayRun = false;
            _isWanted = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
        _requests.Writer.TryComplete();
    }

    private void Run()
    {
        try
        {
            while (TakeTurn() is { } mayRun)
            {
                while (_requests.Reader.TryRead(out var request))
                    request(_guest);
                if (mayRun)
                    Slice();
            }
        }
        catch (OperationCanceledException)
        {
            // It ends while the guest waits for a page.
        }
    }

    // The guest touched a page that has not come. It stands within an operation then, which counts as standing: a stop
    // does not wait for the page, and when the page comes the guest waits on until it may run.
    private void Park(int page)
    {
        lock (_gate)
            AwaitedPage = page;
        Fetch(page);
        lock (_gate)
        {
            _isParked = true;
            Monitor.PulseAll(_gate);
            while (!_isEnding && (_guest.Memory.Missing is { } missing && !missing.Has(page) || (!_mayRun && _isRunning)))
                Monitor.Wait(_gate);
            _isParked = false;
            AwaitedPage = null;
            if (_isEnding)
                throw new OperationCanceledException("the guest ends");
        }
    }

    // Waits until there is something to do; null when it ends. Returns with the right to run, or only for requests.
    private bool? TakeTurn()
    {
        lock (_gate)
        {
            var pause = _mayRun ? WaitMs() : Timeout.Infinite;
            if (!_isWanted && pause != 0 && _mayRun == _isRunning)
                Monitor.Wait(_gate, pause);
            _isWanted = false;
            if (_isRunning != _mayRun)
            {
                _isRunning = _mayRun;
                _lastLook = _time.GetTimestamp();
                _owed = 0;
                Monitor.PulseAll(_gate);
            }

            return _isEnding ? null : _mayRun;
        }
    }

    // At most one slot's length; then others and the console have their turn.
    private void Slice()
    {
        Elapse();
        var began = _lastLook;
        while (_owed >= 1 && !_isWanted
            && _time.GetElapsedTime(began, _lastLook).TotalMilliseconds < Limits.Guest.OperationSlotMs)
        {
            var batch = (int)Math.Min(_owed, Limits.Guest.OperationsPerLook);
            var done = 0;
            for (; done < batch && !_isWanted; done++)
                _guest.Operate();
            _owed -= done;
            Operations.Add(done);
            Elapse();
        }

        _console.Turn(_guest);
    }

    private double Rate() => RateUnthrottled() * (100 - _throttlePercent) / 100;

    private double RateUnthrottled()
    {
        var asked = _guest.Registers.Rate;
        if (asked == Limits.Guest.RateUnbounded || !_guest.HasBooted)
            return Limits.Guest.RateMax;
        return asked == Limits.Guest.RateOfProgram ? _guest.Program.Rate : asked;
    }

    // The guest's clock stands while the guest does. What a pause or a busy host kept it from doing is dropped, or it
    // would dirty memory at a higher rate than its own just after every blackout.
    private void Elapse()
    {
        var now = _time.GetTimestamp();
        var elapsed = _time.GetElapsedTime(_lastLook, now);
        _lastLook = now;
        _guest.Registers.UpMicroseconds += (long)elapsed.TotalMicroseconds;
        var rate = Rate();
        _owed = Math.Min(_owed + (elapsed.TotalSeconds * rate), Math.Max(1, rate * Limits.Guest.CatchUpMs / 1000));
    }

    // Until the next operation or heartbeat is due.
    private int WaitMs()
    {
        if (!_isRunning || _owed >= 1)
            return 0;
        var rate = Rate();
        var next = rate > 0 ? (1 - _owed) * 1000 / rate : Limits.Guest.HeartbeatMs;
        return Math.Clamp((int)next, 1, Limits.Guest.OperationSlotMs);
    }
}
