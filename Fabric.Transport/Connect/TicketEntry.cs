using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>
/// One ticket, the link that it opened, and the place where that is handed over to whoever waits for it.
/// </summary>
internal sealed class TicketEntry(
    Ticket ticket, MigrationId migration, int attempt, LinkPurpose purpose, HostId peer, long expires)
{
    private readonly TaskCompletionSource<IDataLink> _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ResumeGate _gate = new();
    private readonly Lock _making = new();
    private LinkSecret? _secret;
    private DataLink? _link;
    private int _taken;

    public Ticket Ticket { get; } = ticket;

    public MigrationId Migration { get; } = migration;

    public int Attempt { get; } = attempt;

    public LinkPurpose Purpose { get; } = purpose;

    public HostId Peer { get; } = peer;

    /// <summary>A timestamp of the clock: a set wall clock moves no ticket.</summary>
    public long Expires { get; } = expires;

    /// <summary>Nothing more can come of it. Guarded by the book, like the three below.</summary>
    public bool IsSpentAndOver => _secret is not null && _link is not { IsOver: false };

    /// <summary>Nobody came with it in time.</summary>
    public bool IsExpired(long now) => _secret is null && Expires <= now;

    /// <summary>Spends it; one that was spent may only be by its own link, before anything came over.</summary>
    public HelloCode Open(LinkSecret secret, long now)
    {
        if (IsExpired(now))
            return HelloCode.TicketExpired;
        if (_secret is not null && !(_secret.Matches(secret) && _link is null or { IsOver: false, IsUntouched: true }))
            return HelloCode.TicketUsed;
        _secret ??= secret;
        return HelloCode.Accepted;
    }

    /// <summary>Whether the proof is of this link.</summary>
    public bool Proves(Hello hello) =>
        _secret?.Proof(Migration, Attempt, Purpose, hello.Slot, hello.Number).Matches(hello.Ticket) == true;

    /// <summary>Lets one more connection in.</summary>
    public HelloCode Join(Hello hello) =>
        _link is not { IsOver: false } ? HelloCode.TicketExpired
        : !_gate.TryPass(hello.Slot, hello.Number) ? HelloCode.TicketUsed
        : HelloCode.Accepted;

    /// <summary>
    /// The connection belongs to the link from here, which begins with the first; false when there is none any more,
    /// and the wire is the caller's.
    /// </summary>
    public bool Attach(int slot, LinkWire wire, Func<DataLink> make)
    {
        lock (_making)
        {
            var link = _link ?? make();
            if (!link.Attach(slot, wire))
                return false;
            if (_link is null && !_arrival.TrySetResult(link))
                _ = link.AbortAsync(AbortReason.Cancelled).AsTask();
            _link = link;
            return true;
        }
    }

    public async Task<IDataLink> TakeAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        var link = _arrival.Task.IsCompleted
            ? await _arrival.Task
            : await _arrival.Task.WaitAsync(patience, time, cancellation);
        return Interlocked.Exchange(ref _taken, 1) == 0
            ? link
            : throw new InvalidOperationException("the ticket's link was taken before");
    }

    public void Revoke()
    {
        if (_arrival.TrySetException(new LinkException(LinkFault.Revoked, "the ticket was revoked")))
        {
            // Perhaps nobody waits; then nobody is to be told of an unobserved error either.
            _ = _arrival.Task.Exception;
        }
        else if (_arrival.Task.IsCompletedSuccessfully && Interlocked.Exchange(ref _taken, 1) == 0)
        {
            _ = _arrival.Task.Result.AbortAsync(AbortReason.Cancelled).AsTask();
        }
    }
}
