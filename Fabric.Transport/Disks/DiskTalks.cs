using System.Net.Sockets;
using Fabric.Transport.Link;

namespace Fabric.Transport.Disks;

/// <summary>
/// Whose turn it is: the conversation under way, or the last, and what may follow it. Waits end when it is told that all is
/// over.
/// <code>
///   source:  begin -> closed here, closed there, in any order -> begin ...
///   target:  begin -> met -> closed here, closed there, in any order -> begin ...
/// </code>
/// </summary>
/// <param name="opens">Conversations begin on this side.</param>
internal sealed class DiskTalks(bool opens)
{
    private readonly object _gate = new();
    private DiskTalk? _talk;
    private bool _ending;
    private bool _peerEnded;
    private bool _over;

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>The peer says that one begins.</summary>
    /// <exception cref="LinkException">BadFrame: out of turn.</exception>
    public DiskTalk? Opened(Socket socket)
    {
        lock (_gate)
        {
            if (opens || _talk is { IsClosedHere: false } or { IsClosedThere: false })
                throw Bad("a conversation was opened out of turn");
        }

        return Begin(socket, isMet: false);
    }

    /// <summary>One begins; null when it is too late for that, and the socket is closed.</summary>
    public DiskTalk? Begin(Socket socket, bool isMet)
    {
        var talk = new DiskTalk(socket) { IsMet = isMet };
        lock (_gate)
        {
            if (!_over && !_ending)
            {
                Count++;
                return _talk = talk;
            }
        }

        talk.LetGo();
        return null;
    }

    /// <summary>The target's QEMU was connected, or cannot be.</summary>
    public void Met(DiskTalk talk)
    {
        lock (_gate)
        {
            talk.IsMet = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for one that was met and not closed here; null when none will come.</summary>
    public DiskTalk? AwaitMet()
    {
        lock (_gate)
        {
            while (!_over && !_peerEnded && _talk is not { IsMet: true, IsClosedHere: false })
                Monitor.Wait(_gate);
            return _over || _talk is not { IsMet: true, IsClosedHere: false } ? null : _talk;
        }
    }

    /// <summary>Waits until the peer has closed it.</summary>
    public void AwaitClosedThere(DiskTalk talk)
    {
        lock (_gate)
        {
            while (!_over && !talk.IsClosedThere)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>The one that the peer speaks in.</summary>
    /// <exception cref="LinkException">BadFrame: there is none.</exception>
    public DiskTalk Speaking()
    {
        lock (_gate)
            return _talk is { IsClosedThere: false } talk ? talk : throw Bad("the peer spoke outside a conversation");
    }

    /// <summary>Before the peer is told: it may then open the next.</summary>
    public void CloseHere(DiskTalk talk)
    {
        lock (_gate)
            talk.IsClosedHere = true;
    }

    /// <summary>The peer closed the one it spoke in.</summary>
    public void ClosedThere(DiskTalk talk)
    {
        lock (_gate)
        {
            talk.IsClosedThere = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The peer's channel has ended.</summary>
    /// <exception cref="LinkException">BadFrame: within a conversation, or before this side's.</exception>
    public void EndCame()
    {
        lock (_gate)
        {
            if (_talk is { IsClosedThere: false } || (opens && !_ending))
                throw Bad("the stream ended before its time");
            _peerEnded = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>None begins any more; the one under way is to be ended.</summary>
    public void End()
    {
        lock (_gate)
            _ending = true;
        LetGo();
    }

    /// <summary>All waits end.</summary>
    public void Over()
    {
        lock (_gate)
        {
            _over = true;
            Monitor.PulseAll(_gate);
        }

        LetGo();
    }

    /// <summary>QEMU is let go of; its conversation is ended by whoever waits for its bytes.</summary>
    public void LetGo()
    {
        DiskTalk? talk;
        lock (_gate)
            talk = _talk;

        // Without the lock: it waits for calls under way to leave.
        talk?.LetGo();
    }

    internal static LinkException Bad(string what) => new(LinkFault.BadFrame, $"bad frame on a disk's link: {what}");
}
