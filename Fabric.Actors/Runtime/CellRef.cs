namespace Fabric.Actors.Runtime;

/// <summary>The address of one actor, good for one life.</summary>
internal sealed class CellRef(ActorSystem system, string path) : LocalRef(system, path)
{
    private ActorCell _cell = null!;

    internal override ActorCell? LiveCell => _cell;

    protected override Mailbox? CurrentMailbox => _cell.Mailbox;

    internal void Bind(ActorCell cell) => _cell = cell;

    internal override TellResult Post(Envelope envelope)
    {
        if (!_cell.Mailbox.TryWrite(envelope, out var refused))
            return _cell.IsStopped ? TellResult.Stopped : TellResult.MailboxFull;
        if (refused > 0) System.Log.OverflowEnded(Path, refused);
        _cell.Signal();
        return TellResult.Accepted;
    }

    protected override ValueTask WaitForRoomAsync(CancellationToken cancellationToken) =>
        _cell.Mailbox.WaitForRoomAsync(cancellationToken);
}
