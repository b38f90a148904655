namespace Fabric.Embedded.Machine;

/// <summary>
/// QEMU's main lock. Commands of the monitors hold it, and so does a migration while it sends its last bytes: a monitor
/// hangs then, as QEMU's does, and only an out-of-band command gets through. Whoever writes for such a monitor can try
/// it here.
/// </summary>
internal sealed class MainLock : IDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);

    /// <summary>Takes it.</summary>
    public async Task<Held> TakeAsync()
    {
        await _free.WaitAsync();
        return new Held(_free);
    }

    /// <summary>Takes it on a thread that may wait.</summary>
    public Held Take()
    {
        _free.Wait();
        return new Held(_free);
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    /// <summary>Given back once.</summary>
    internal readonly struct Held(SemaphoreSlim free) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => free.Release();
    }
}
