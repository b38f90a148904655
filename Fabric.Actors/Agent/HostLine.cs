using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// What this host may send in all, shared max-min fairly by the migrations that leave it. Each hears its share when it
/// joins and whenever another comes or goes.
/// </summary>
/// <param name="bytesPerSecond">The budget; 0 is no limit, and then nobody is told anything.</param>
public sealed class HostLine(long bytesPerSecond)
{
    private readonly Lock _lock = new();
    private readonly List<Sharer> _sharers = [];

    /// <summary>One more shares it, until the result is disposed of.</summary>
    /// <param name="wanted">Bytes a second; 0 is as much as there is.</param>
    /// <param name="share">Hears its part. It must not wait.</param>
    public Sharer Join(long wanted, Action<long> share)
    {
        var sharer = new Sharer(this, wanted, share);
        lock (_lock)
        {
            _sharers.Add(sharer);
            ShareOut();
        }

        return sharer;
    }

    private void Leave(Sharer sharer)
    {
        lock (_lock)
        {
            if (_sharers.Remove(sharer))
                ShareOut();
        }
    }

    private void ShareOut()
    {
        if (bytesPerSecond == 0)
            return;
        var shares = FairShare.Of(bytesPerSecond, [.. _sharers.Select(s => s.Wanted)]);
        for (var i = 0; i < shares.Length; i++)
            _sharers[i].Hear(shares[i]);
    }

    /// <summary>One that shares the line until it is disposed of.</summary>
    public sealed class Sharer : IDisposable
    {
        private readonly HostLine _line;
        private readonly Action<long> _share;
        private long _last = -1;

        internal Sharer(HostLine line, long wanted, Action<long> share) =>
            (_line, Wanted, _share) = (line, wanted, share);

        internal long Wanted { get; private set; }

        /// <summary>It wants another rate at most; 0 is as much as there is.</summary>
        public void Want(long bytesPerSecond)
        {
            lock (_line._lock)
            {
                Wanted = bytesPerSecond;
                _line.ShareOut();
            }
        }

        internal void Hear(long part)
        {
            if (part == _last)
                return;
            _last = part;
            _share(part);
        }

        /// <inheritdoc/>
        public void Dispose() => _line.Leave(this);
    }
}
