using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>What is known of a transfer beside the journal: shown, never decided from.</summary>
internal sealed record LiveTransfer(TransferSeen? Seen, StageKind? HeldAt, LineSight? Line = null);

/// <summary>
/// The last numbers of each transfer, and which migration a fault plan holds. Bounded: the one that has been silent for
/// longest goes first. Lost with the process, as what it shows is.
/// </summary>
internal sealed class LiveTransfers(int capacity, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MigrationId, LinkedListNode<(MigrationId Id, LiveTransfer Live)>> _byId = [];
    private readonly LinkedList<(MigrationId Id, LiveTransfer Live)> _bySilence = [];

    public LiveTransfer? Find(MigrationId id)
    {
        lock (_gate)
            return _byId.TryGetValue(id, out var node) ? node.Value.Live : null;
    }

    public void Take(IFabricNews news)
    {
        switch (news)
        {
            case MigrationProgress p:
                Change(p.Migration, live => live with
                {
                    Seen = new TransferSeen(p.Migration, p.Attempt, p.Progress, time.GetUtcNow()),
                });
                break;
            case MigrationLine line:
                Change(line.Migration, live => live with { Line = line.Line });
                break;
            case MigrationHeldAt held:
                Change(held.Migration, live => live with { HeldAt = held.Stage });
                break;
            case MigrationNews { Migration: var id, Stage: var stage } when Find(id)?.HeldAt is { } at && at != stage:
                Change(id, live => live with { HeldAt = null });
                break;
        }
    }

    private void Change(MigrationId id, Func<LiveTransfer, LiveTransfer> change)
    {
        lock (_gate)
        {
            var before = new LiveTransfer(null, null);
            if (_byId.Remove(id, out var node))
            {
                before = node.Value.Live;
                _bySilence.Remove(node);
            }
            else if (_byId.Count >= capacity)
            {
                _byId.Remove(_bySilence.First!.Value.Id);
                _bySilence.RemoveFirst();
            }

            _byId.Add(id, _bySilence.AddLast((id, change(before))));
        }
    }
}
