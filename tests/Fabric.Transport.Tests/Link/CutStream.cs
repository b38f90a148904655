namespace Fabric.Transport.Tests.Link;

/// <summary>
/// A connection that can be cut after any byte, freeze (open, and nothing goes either way), or drip (a byte a read).
/// </summary>
internal sealed class CutStream(Stream inner) : PlainStream
{
    private readonly ManualResetEventSlim _gone = new();
    private readonly Lock _gate = new();
    private long _writable = long.MaxValue;
    private long _readable = long.MaxValue;
    private volatile bool _frozen;
    private volatile bool _drips;

    /// <summary>Cuts it when so many more bytes were written, or read.</summary>
    public void CutAfter(long written = long.MaxValue, long read = long.MaxValue)
    {
        lock (_gate)
            (_writable, _readable) = (written, read);
    }

    public void Freeze() => _frozen = true;

    public void Drip() => _drips = true;

    public override int Read(Span<byte> buffer)
    {
        var wanted = _drips ? Math.Min(1, buffer.Length) : buffer.Length;
        int count;
        lock (_gate)
            wanted = (int)Math.Min(wanted, Math.Max(1, _readable));
        count = inner.Read(buffer[..wanted]);
        if (_frozen)
            _gone.Wait(Guard.Token());
        lock (_gate)
        {
            if (_readable != long.MaxValue && (_readable -= count) < 0)
                Dispose();
        }

        return _gone.IsSet ? throw new IOException("cut while reading") : count;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_frozen)
            return;
        long may;
        lock (_gate)
        {
            may = Math.Min(_writable, buffer.Length);
            if (_writable != long.MaxValue)
                _writable -= may;
        }

        inner.Write(buffer[..(int)may]);
        if (may == buffer.Length)
            return;
        Dispose();
        throw new IOException("cut while writing");
    }

    protected override void Dispose(bool disposing)
    {
        _gone.Set();
        inner.Dispose();
        base.Dispose(disposing);
    }
}
