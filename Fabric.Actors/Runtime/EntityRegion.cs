using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

/// <summary>
/// The entities of one kind. The mailbox belongs to the slot and not to the actor: when an entity stops while
/// messages wait, its next incarnation takes over the same mailbox, so passivation loses nothing and keeps the
/// order. All under one lock, which is never held while user code of an actor runs. A slot in the table has a live
/// cell, always.
/// </summary>
internal sealed class EntityRegion(
    ActorSystem system, string kind, Func<string, Props> props, Func<string, bool> mayStart)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private bool _terminating;

    public string Kind => kind;

    public int LiveCount
    {
        get
        {
            lock (_gate) return _slots.Count;
        }
    }

    public TellResult Post(EntityRef entity, Envelope envelope)
    {
        long refused;
        lock (_gate)
        {
            if (!_slots.TryGetValue(entity.Id, out var slot))
            {
                if (_terminating) return TellResult.Stopped;
                if (_slots.Count >= Limits.Actors.EntitiesPerKindMax || !mayStart(entity.Id))
                    return TellResult.Refused;
                slot = new Slot(entity, new Mailbox(props(entity.Id).MailboxCapacity));
                Start(slot);
                _slots.Add(entity.Id, slot);
            }

            if (!slot.Mailbox.TryWrite(envelope, out refused)) return TellResult.MailboxFull;
            slot.Cell!.Signal();
        }

        if (refused > 0) system.Log.OverflowEnded(entity.Path, refused);
        return TellResult.Accepted;
    }

    public ActorCell? LiveCell(string id)
    {
        lock (_gate) return _slots.GetValueOrDefault(id)?.Cell;
    }

    public Task StopWhereAsync(Func<string, bool> match)
    {
        ActorCell[] cells;
        lock (_gate)
            cells = [.. _slots.Where(s => match(s.Key)).OrderBy(s => s.Key, StringComparer.Ordinal)
                .Select(s => s.Value.Cell!)];
        foreach (var cell in cells) cell.Stop();
        return Task.WhenAll(cells.Select(cell => cell.Stopped));
    }

    public Task TerminateAsync()
    {
        lock (_gate) _terminating = true;
        return StopWhereAsync(_ => true);
    }

    private void Start(Slot slot)
    {
        var id = slot.Entity.Id;
        slot.Cell = new ActorCell(
            system, slot.Entity, props(id), slot.Mailbox, (_, cause) => OnStopped(slot, cause));
        slot.Cell.Send(new StartMessage());
    }

    // A props function that throws here has no caller to tell; its entity ends as one that may not start.
    private bool TryStart(Slot slot)
    {
        try
        {
            if (!mayStart(slot.Entity.Id)) return false;
            Start(slot);
            return true;
        }
        catch (Exception exception)
        {
            system.Log.StartFailed(slot.Entity.Path, exception);
            return false;
        }
    }

    private void OnStopped(Slot slot, StopCause cause)
    {
        lock (_gate)
        {
            // After a failure for good the same mailbox would only feed the same failure: to the dead letters.
            if (cause != StopCause.Failed && !_terminating && !slot.Mailbox.IsEmpty && TryStart(slot)) return;
            _slots.Remove(slot.Entity.Id);
            slot.Mailbox.Close();
        }

        system.DrainToDeadLetters(slot.Mailbox, slot.Entity.Path);
    }

    private sealed class Slot(EntityRef entity, Mailbox mailbox)
    {
        public EntityRef Entity => entity;
        public Mailbox Mailbox => mailbox;
        public ActorCell? Cell;
    }
}
