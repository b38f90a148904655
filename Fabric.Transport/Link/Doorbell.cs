namespace Fabric.Transport.Link;

/// <summary>Wakes one waiting thread, once for any number of rings. Allocates nothing.</summary>
internal sealed class Doorbell
{
    private readonly object _gate = new();
    private bool _rung;

    public void Ring()
    {
        lock (_gate)
        {
            if (_rung)
                return;
            _rung = true;
            Monitor.Pulse(_gate);
        }
    }

    public void Wait()
    {
        lock (_gate)
        {
            while (!_rung)
                Monitor.Wait(_gate);
            _rung = false;
        }
    }
}
