namespace Fabric.Host.Impair;

/// <summary>Bytes under way, with a bound. One takes, one gives back.</summary>
internal sealed class ByteWindow
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _returned;
    private long _taken;

    /// <summary>Nothing is under way.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _taken == 0;
        }
    }

    /// <summary>Takes as soon as there is room; what is larger than the window passes when it is empty.</summary>
    public async ValueTask TakeAsync(int bytes, int window, CancellationToken cancellation)
    {
        while (true)
        {
            Task returned;
            lock (_lock)
            {
                if (_taken == 0 || _taken + bytes <= window)
                {
                    _taken += bytes;
                    return;
                }

                _returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                returned = _returned.Task;
            }

            await returned.WaitAsync(cancellation);
        }
    }

    /// <summary>They have arrived.</summary>
    public void Return(int bytes)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _taken -= bytes;
            (waiting, _returned) = (_returned, null);
        }

        waiting?.TrySetResult();
    }
}
