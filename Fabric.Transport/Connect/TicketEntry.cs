using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>One ticket, and the place where its link is handed over to whoever waits for it.</summary>
internal sealed class TicketEntry(Ticket ticket, MigrationId migration, int attempt, HostId peer, long expires)
{
    private readonly TaskCompletionSource<IDataLink> _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken;

    public Ticket Ticket { get; } = ticket;

    public MigrationId Migration { get; } = migration;

    public int Attempt { get; } = attempt;

    public HostId Peer { get; } = peer;

    /// <summary>A timestamp of the clock: a set wall clock moves no ticket.</summary>
    public long Expires { get; } = expires;

    /// <summary>Guarded by the book.</summary>
    public bool Spent { get; set; }

    public async Task<IDataLink> TakeAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        var link = _arrival.Task.IsCompleted
            ? await _arrival.Task
            : await _arrival.Task.WaitAsync(patience, time, cancellation);
        return Interlocked.Exchange(ref _taken, 1) == 0
            ? link
            : throw new InvalidOperationException("the ticket's link was taken before");
    }

    /// <summary>Hands the link over; false when the ticket was revoked meanwhile, and the link is the
    /// caller's.</summary>
    public bool Arrive(IDataLink link) => _arrival.TrySetResult(link);

    /// <summary>The ticket is spent and yet there is no link.</summary>
    public void Fail(LinkException error) => Observe(_arrival.TrySetException(error));

    public void Revoke()
    {
        if (_arrival.TrySetException(new LinkException(LinkFault.Revoked, "the ticket was revoked")))
            Observe(set: true);
        else if (_arrival.Task.IsCompletedSuccessfully && Interlocked.Exchange(ref _taken, 1) == 0)
            _ = _arrival.Task.Result.AbortAsync(AbortReason.Cancelled).AsTask();
    }

    // Perhaps nobody waits; then nobody is to be told of an unobserved error either.
    private void Observe(bool set) => _ = set ? _arrival.Task.Exception : null;
}
