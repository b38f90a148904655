namespace Fabric.Actors.Runtime;

/// <summary>The address of an entity, good for all its lives.</summary>
internal sealed class EntityRef(ActorSystem system, EntityRegion region, string id)
    : LocalRef(system, $"/entity/{region.Kind}/{id}"), IEquatable<EntityRef>
{
    public string Id => id;

    internal override ActorCell? LiveCell => region.LiveCell(id);

    protected override Mailbox? CurrentMailbox => LiveCell?.Mailbox;

    public bool Equals(EntityRef? other) => string.Equals(other?.Path, Path, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as EntityRef);

    public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);

    internal override TellResult Post(Envelope envelope) => region.Post(this, envelope);

    // No actor: there is room in the mailbox that the next message makes.
    protected override ValueTask WaitForRoomAsync(CancellationToken cancellationToken) =>
        CurrentMailbox?.WaitForRoomAsync(cancellationToken) ?? ValueTask.CompletedTask;
}
