namespace Fabric.Embedded.Migration;

/// <summary>
/// Where a migration's thread waits, and where orders and the return path reach it. What ends the migration is noted
/// here once, and thrown at the thread at its next wait or look.
/// </summary>
internal sealed class Pause
{
    private readonly object _gate = new();
    private Exception? _end;
    private bool _isReleased;

    /// <summary>Ends the migration, with this reason if it is the first.</summary>
    public void End(Exception reason)
    {
        lock (_gate)
        {
            _end ??= reason;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Something has changed: waits look again.</summary>
    public void Nudge()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    /// <summary>Lets <see cref="ForRelease"/> go on.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isReleased = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>What ended one connection is forgotten, for there will be another. An order to end is not.</summary>
    public void Restart()
    {
        lock (_gate)
            _end = _end as OperationCanceledException;
    }

    /// <summary>Throws when the migration was ended.</summary>
    public void Look()
    {
        lock (_gate)
            Throw();
    }

    /// <summary>Waits so long, or until something has changed.</summary>
    public void For(TimeSpan time)
    {
        lock (_gate)
        {
            Throw();
            Monitor.Wait(_gate, TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(time.TotalMilliseconds))));
            Throw();
        }
    }

    /// <summary>
    /// Waits for the order to go on, or for a cancel. A lost connection is not noticed here, as QEMU does not notice it:
    /// it shows when the next bytes are sent.
    /// </summary>
    public void ForRelease()
    {
        lock (_gate)
        {
            while (!_isReleased && _end is not OperationCanceledException)
                Monitor.Wait(_gate);
            if (_end is OperationCanceledException)
                Throw();
        }
    }

    /// <summary>Waits until that is so, or the migration is ended.</summary>
    public void Until(Func<bool> isSo)
    {
        lock (_gate)
        {
            while (!isSo())
            {
                Throw();
                Monitor.Wait(_gate);
            }
        }
    }

    private void Throw()
    {
        if (_end is { } end)
        {
            throw end is OperationCanceledException
                ? new OperationCanceledException(end.Message, end)
                : new MigrationFault(end.Message, end);
        }
    }
}
