using Fabric.Protocol;

namespace Fabric.Transport.Connect;

/// <summary>
/// The handshakes under way. A full house ends its oldest guest, not the newest: an honest handshake takes a few
/// round trips, so the oldest is most likely one that drips bytes to keep others out.
/// </summary>
internal sealed class HandshakeSlots
{
    private readonly Lock _gate = new();
    private readonly LinkedList<CancellationTokenSource> _open = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private bool _draining;

    /// <summary>Lets a handshake in; it disposes of its source only after <see cref="Leave"/>.</summary>
    public void Enter(CancellationTokenSource handshake)
    {
        lock (_gate)
        {
            if (_open.Count >= Limits.Relay.HandshakesMax)
            {
                var oldest = _open.First!.Value;
                _open.RemoveFirst();
                _ = oldest.CancelAsync();
            }

            _open.AddLast(handshake);
            _inside++;
        }
    }

    public void Leave(CancellationTokenSource handshake)
    {
        lock (_gate)
        {
            _open.Remove(handshake);
            _inside--;
            if (_draining && _inside == 0)
                _empty.TrySetResult();
        }
    }

    /// <summary>Ends all, and waits until they have left; nobody enters any more.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            _draining = true;
            foreach (var handshake in _open)
                _ = handshake.CancelAsync();
            return _inside == 0 ? Task.CompletedTask : _empty.Task;
        }
    }
}
