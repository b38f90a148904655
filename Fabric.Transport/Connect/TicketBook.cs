using System.Security.Cryptography;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>
/// The tickets that a target's agent has given out. A ticket is spent by the first hello that matches it in
/// everything: bits, host, migration, attempt, purpose, time. Any other hello is refused and spends nothing, so a stranger
/// who comes first, even one with a good certificate, cannot lock the real source out. What was spent opened a link,
/// and further connections of it show a proof, good once; any other is refused and does not disturb the link.
/// </summary>
public sealed class TicketBook
{
    private readonly Lock _gate = new();
    private readonly List<TicketEntry> _entries = [];
    private readonly RandomNumberGenerator _random;
    private readonly TimeProvider _time;

    /// <summary>An empty book.</summary>
    public TicketBook(RandomNumberGenerator random, TimeProvider time)
    {
        _random = random;
        _time = time;
    }

    /// <summary>Makes a ticket, good once and for <see cref="Limits.Relay.TicketLifetimeMs"/>.</summary>
    /// <exception cref="InvalidOperationException">Too many tickets wait.</exception>
    public Ticket Issue(MigrationId migration, int attempt, HostId expectedPeer, LinkPurpose purpose = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        Span<byte> bytes = stackalloc byte[Limits.Relay.TicketSize];
        _random.GetBytes(bytes);
        var expires = _time.GetTimestamp() + (Limits.Relay.TicketLifetimeMs * _time.TimestampFrequency / 1000);
        var entry = new TicketEntry(new Ticket(bytes), migration, attempt, purpose, expectedPeer, expires);
        lock (_gate)
        {
            // Spent tickets stay so that a replay is called by its name; they are the first to go.
            if (_entries.Count >= Limits.Relay.TicketsMax)
                _entries.RemoveAll(e => e.IsSpentAndOver || e.IsExpired(_time.GetTimestamp()));
            if (_entries.Count >= Limits.Relay.TicketsMax)
                throw new InvalidOperationException($"{Limits.Relay.TicketsMax} tickets wait for their source already");
            _entries.Add(entry);
        }

        return entry.Ticket;
    }

    /// <summary>
    /// Takes a ticket back. Who waits for its link gets <see cref="LinkFault.Revoked"/>; a link that came and was not
    /// taken is aborted. A link that was taken stays. Idempotent.
    /// </summary>
    public void Revoke(Ticket ticket)
    {
        TicketEntry? entry;
        lock (_gate)
        {
            entry = Find(ticket);
            if (entry is not null)
                _entries.Remove(entry);
        }

        entry?.Revoke();
    }

    /// <summary>Takes all tickets back.</summary>
    public void RevokeAll()
    {
        TicketEntry[] all;
        lock (_gate)
        {
            all = [.. _entries];
            _entries.Clear();
        }

        foreach (var entry in all)
            entry.Revoke();
    }

    /// <summary>Spends the ticket of a hello, or takes its proof; or says why not.</summary>
    internal HelloCode Redeem(Hello hello, PeerIdentity peer, out TicketEntry? entry)
    {
        lock (_gate)
        {
            entry = null;
            var found = hello.Kind == HelloKind.Open ? Find(hello.Ticket) : FindProven(hello);
            var code = found is null ? HelloCode.UnknownTicket
                : !string.Equals(peer.Name, found.Peer.Value, StringComparison.Ordinal) ? HelloCode.WrongPeer
                : found.Migration != hello.Migration ? HelloCode.WrongMigration
                : found.Attempt != hello.Attempt ? HelloCode.WrongAttempt
                : found.Purpose != hello.Purpose ? HelloCode.WrongPurpose
                : hello.Kind == HelloKind.Open ? found.Open(hello.Secret!, _time.GetTimestamp())
                : found.Join(hello);
            if (code == HelloCode.Accepted)
                entry = found;
            return code;
        }
    }

    /// <summary>Waits for the link of a ticket.</summary>
    internal async Task<IDataLink> TakeAsync(Ticket ticket, CancellationToken cancellation)
    {
        TicketEntry? entry;
        lock (_gate)
            entry = Find(ticket);
        if (entry is null)
            throw new LinkException(LinkFault.Revoked, "no such ticket: it was revoked, or never issued here");
        var left = _time.GetElapsedTime(_time.GetTimestamp(), entry.Expires);
        try
        {
            return await entry.TakeAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, cancellation);
        }
        catch (TimeoutException)
        {
            throw new LinkException(
                LinkFault.TimedOut,
                $"{entry.Peer} did not come within {Limits.Relay.TicketLifetimeMs} ms for {entry.Purpose} of {entry.Migration}");
        }
    }

    private TicketEntry? FindProven(Hello hello) =>
        _entries.Find(e => e.Migration == hello.Migration && e.Attempt == hello.Attempt && e.Proves(hello));

    // Looks at every entry, always: how long it takes says nothing about which ticket came close.
    private TicketEntry? Find(Ticket ticket)
    {
        TicketEntry? found = null;
        foreach (var entry in _entries)
        {
            if (entry.Ticket.Matches(ticket))
                found = entry;
        }

        return found;
    }
}
