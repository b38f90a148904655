namespace Fabric.Transport.Tests.Link;

/// <summary>Two ends of a connection in memory, whose calls block as a socket's do.</summary>
internal static class MemoryPath
{
    public static (Stream A, Stream B) Make()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new End(back, there), new End(there, back));
    }

    /// <summary>One direction: as much as a small socket buffer holds.</summary>
    private sealed class Pipe
    {
        private readonly object _gate = new();
        private readonly byte[] _bytes = new byte[64 * 1024];
        private int _from;
        private int _count;
        private bool _closed;

        public int Read(Span<byte> into)
        {
            lock (_gate)
            {
                while (_count == 0 && !_closed)
                    Monitor.Wait(_gate);
                var count = Math.Min(Math.Min(_count, into.Length), _bytes.Length - _from);
                _bytes.AsSpan(_from, count).CopyTo(into);
                _from = (_from + count) % _bytes.Length;
                _count -= count;
                Monitor.PulseAll(_gate);
                return count;
            }
        }

        public void Write(ReadOnlySpan<byte> from)
        {
            lock (_gate)
            {
                while (!from.IsEmpty)
                {
                    while (_count == _bytes.Length && !_closed)
                        Monitor.Wait(_gate);
                    if (_closed)
                        throw new IOException("closed");
                    var at = (_from + _count) % _bytes.Length;
                    var count = Math.Min(Math.Min(_bytes.Length - _count, from.Length), _bytes.Length - at);
                    from[..count].CopyTo(_bytes.AsSpan(at));
                    _count += count;
                    from = from[count..];
                    Monitor.PulseAll(_gate);
                }
            }
        }

        public void Close()
        {
            lock (_gate)
            {
                _closed = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private sealed class End(Pipe reads, Pipe writes) : PlainStream
    {
        public override int Read(Span<byte> buffer) => reads.Read(buffer);

        public override void Write(ReadOnlySpan<byte> buffer) => writes.Write(buffer);

        protected override void Dispose(bool disposing)
        {
            reads.Close();
            writes.Close();
            base.Dispose(disposing);
        }
    }
}
